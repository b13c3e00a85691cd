/**
 * One field of CSV (RFC 4180). A leading `=`, `+`, `-`, `@`, tab or carriage return would be run as a formula by a
 * spreadsheet (OWASP, CSV injection), so that a quotation mark goes before it.
 */
export function csvField(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

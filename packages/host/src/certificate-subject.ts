/**
 * The subject of a certificate as RFC 4514 writes it, most specific part first: `CN=agent,O=acme`.
 *
 * What separates parts is escaped inside of them: otherwise a common name of `agent,O=acme` would pass for another
 * subject than the one that was certified.
 *
 * @param subject as Node.js gives it: by type, in the order of the certificate
 */
export function certificateSubject(subject: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  return Object.entries(subject)
    .flatMap(([type, values]) => [values ?? []].flat().map((value) => `${type}=${escaped(value)}`))
    .reverse()
    .join(',')
}

function escaped(value: string): string {
  return value
    .replace(/[\\"+,;<>]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
    .replaceAll('\0', '\\00')
}

import { type Parser, parse as parseCsv } from 'csv-parse'

const recordCharsMax = 1_000_000

/** RFC 4180 with a header line; a byte order mark is skipped, and every record knows its line. */
export function parse(): Parser {
  return parseCsv({ columns: true, bom: true, info: true, skip_empty_lines: true, max_record_size: recordCharsMax })
}

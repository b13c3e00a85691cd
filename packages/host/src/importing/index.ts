export { type ColumnWords, type ImportFault, importText, importTime, readColumns } from './columns.ts'
export { type ImportPass, importAll, type Rejected } from './import-all.ts'

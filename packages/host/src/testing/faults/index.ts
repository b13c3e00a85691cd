export { entriesServer } from './entries-server.ts'
export { parkedLine, type Strike, strikeHeader, strikes, trialLeaseMs } from './strikes.ts'

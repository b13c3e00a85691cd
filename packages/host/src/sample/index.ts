export { fillOnce, sampleMigration } from './fill-once.ts'
export { random } from './random.ts'

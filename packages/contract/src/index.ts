export { type Drift, drift } from './drift.ts'
export { type Registry, registryFaults } from './registry-faults.ts'

import { template } from './template.ts'

export const resources = [template]

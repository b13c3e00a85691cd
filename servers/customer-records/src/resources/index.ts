import { customer } from './customer.ts'

export const resources = [customer]

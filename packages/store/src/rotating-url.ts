import { ToolError } from '@postern/errors'
import { LoginRefused } from './store-fault.ts'

/** The address of the database while its password may be changed: there is the one in use and perhaps the next one. */
export interface RotatingUrl {
  /** Runs `open` with one of them, and with the other one when `open` fails with what `isLoginRefused` knows. */
  use<T>(open: (url: string) => Promise<T>): Promise<T>
  /** False when a connection that was opened with this text is to be given up. */
  stands(url: string): Promise<boolean>
}

/** True when the database did not accept user or password; certainly nothing was changed. */
export function isLoginRefused(error: unknown): boolean {
  return error instanceof ToolError && error.cause instanceof LoginRefused
}

/** Without a next one: asked for every new connection. */
export function rotatingUrl(url: () => Promise<string>): RotatingUrl {
  return {
    use: async (open) => open(await url()),
    stands: async (used) => used === (await url()),
  }
}

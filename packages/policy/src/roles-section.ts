import { z } from 'zod'

/** The names a server has; a role may use these and nothing else, so that a misspelt grant stops the start. */
export interface Vocabulary {
  readonly tools: readonly string[]
  readonly resources: readonly string[]
  /** Row attributes, without `tenant`: that equality is always added and never written. */
  readonly attributes: readonly string[]
  /** Fields that may be masked. */
  readonly maskable: readonly string[]
}

const Value = z.string().min(1).max(200)
const Condition = z.union([
  z.strictObject({ eq: Value }),
  z.strictObject({
    in: z.union([
      z.string().regex(/^\$\w+$/, 'an attribute of the principal, like $projects'),
      z.array(Value).min(1).max(500),
    ]),
  }),
])
export type RowRule = Readonly<Record<string, z.infer<typeof Condition>>>

/** `20/min`: so many calls in that time. */
export const Rate = z.string().regex(/^[1-9]\d{0,6}\/(s|min|h|day)$/, 'a rate such as 20/min, 5/s, 1000/h or 10000/day')

/**
 * The `roles` section of the environment file: deny by default, `all` is always explicit.
 *
 * @param vocabulary the names of the server whose file this is
 */
export function rolesSection(vocabulary: Vocabulary) {
  return z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a role name of small letters, digits and dashes'),
      z.strictObject({
        purposes: listOrAll(
          z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a purpose of small letters, digits and dashes'),
        ),
        tools: listOrAll(oneOf(vocabulary.tools)),
        resources: listOrAll(oneOf(vocabulary.resources)).default([]),
        rows: z.union([
          z.literal('all'),
          // An author who empties the map means to close it, and must not open everything.
          partial(vocabulary.attributes, Condition).refine((rule) => Object.keys(rule).length > 0, {
            error: 'all, or at least one row attribute; to grant no rows, grant no tools',
          }),
        ]),
        mask: z.array(oneOf(vocabulary.maskable)).default([]),
        read_only: z.boolean().default(false),
        limits: partial(vocabulary.tools, Rate).default({}),
        /** The subject a TLS client certificate must have for this role to apply. */
        client_certificate: z.strictObject({ subject: z.string().min(1).max(500) }).optional(),
      }),
    )
    .describe('Roles: what each may do, for which purposes, over which rows. What no role grants is denied.')
}

export type Roles = Readonly<Record<string, Role>>
export interface Role {
  readonly purposes: 'all' | readonly string[]
  readonly tools: 'all' | readonly string[]
  readonly resources: 'all' | readonly string[]
  readonly rows: 'all' | RowRule
  readonly mask: readonly string[]
  readonly read_only: boolean
  readonly limits: Readonly<Record<string, string>>
  readonly client_certificate?: { readonly subject: string } | undefined
}

const listOrAll = (item: z.ZodType<string>) => z.union([z.literal('all'), z.array(item).max(200)])

function oneOf(names: readonly string[]): z.ZodType<string> {
  return names.length > 0 ? z.enum(names as [string, ...string[]]) : z.never()
}

function partial<T extends z.ZodType>(names: readonly string[], value: T) {
  return z.strictObject(Object.fromEntries(names.map((name) => [name, value.optional()]))) as unknown as z.ZodType<
    Readonly<Record<string, z.infer<T>>>
  >
}

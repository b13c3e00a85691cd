import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'

/**
 * A row scope as a condition: `.where(rowsWhere(scope, { project: 'project_key', tenant: 'tenant' }))`.
 *
 * `scope` is an OR of ANDs of `attribute in values`; `columns` says which column holds an attribute. Deny by default:
 * an empty scope, a conjunction without attributes, an attribute without a column and an empty list of values all
 * select nothing.
 */
export function rowsWhere(
  scope: readonly Readonly<Record<string, readonly string[]>>[],
  columns: Readonly<Record<string, string>>,
): <Schema, Tables extends keyof Schema>(build: ExpressionBuilder<Schema, Tables>) => Expression<SqlBool> {
  return (typed) => {
    // Columns are named at run time; Kysely quotes them as identifiers and binds the values.
    const build = typed as unknown as ExpressionBuilder<Record<string, Record<string, string>>, string>
    const conjunctions = scope.flatMap((conjunction) => {
      const attributes = Object.entries(conjunction)
      const conditions = attributes.flatMap(([attribute, values]) => {
        const name = Object.hasOwn(columns, attribute) ? columns[attribute] : undefined
        return name === undefined || values.length === 0 ? [] : [build(name, 'in', [...values])]
      })
      return conditions.length === 0 || conditions.length < attributes.length ? [] : [build.and(conditions)]
    })
    return conjunctions.length === 0 ? build.lit(false) : build.or(conjunctions)
  }
}

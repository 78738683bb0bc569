import { databaseSettings } from '../../../lib/db/client.ts'
import { openConnection } from '../../../lib/db/connection.ts'
import type { Statement } from '../../support/wire-tap.ts'

/** What asks who calls, and how often: every route does, so none is measured by it. */
const isAside = /\b(cache_entries|sessions)\b/

export const withoutAsides = (statements: readonly Statement[]) =>
  statements.filter(({ text }) => !isAside.test(text))

/** The driver's own client, prepared and with our types, which sends statements as they were heard. */
export function createReplay() {
  const { client } = openConnection(databaseSettings())
  const { serializers } = client.options as unknown as { serializers: Record<string, unknown> }
  // Parameters are in their text form already.
  for (const type of Object.keys(serializers)) serializers[type] = String

  const query = ({ text, types, parameters }: Statement) =>
    client.unsafe(
      text,
      parameters.map((value, at) => (value === null ? null : client.typed(value, types[at]!))) as never,
      { prepare: true, simple: false } as never,
    )

  return {
    async run(statements: readonly Statement[]): Promise<void> {
      for (const statement of statements) await query(statement)
    },
    query,
    /** How the server goes about it: by itself, or with what it took as well. */
    async explain(statement: Statement, options: '' | '(analyze, buffers)'): Promise<string> {
      const rows = await query({ ...statement, text: `explain ${options} ${statement.text}` })
      return rows.map((row) => Object.values(row)[0]).join('\n')
    },
    end: () => client.end(),
  }
}

import { styleText } from 'node:util'
import { toDecimal } from '../../../../lib/money/currencies.ts'

export interface BookEntry {
  readonly movement_id: string
  readonly kind: string
  readonly account: string
  /** Whose account it is; null for those of the platform and of the world outside. */
  readonly user: { readonly username: string } | null
  readonly amount: number
  readonly currency: string
}

/** A line for each account, a column for each movement, and the sums of both: those of the columns are nothing. */
export function printBooks(entries: readonly BookEntry[]): void {
  for (const currency of new Set(entries.map((entry) => entry.currency))) {
    const own = entries.filter((entry) => entry.currency === currency)
    const movements = [...new Map(own.map(({ movement_id, kind }) => [movement_id, kind]))]
    const accounts = [...new Set(own.map(nameOf))]
    const sum = (some: readonly BookEntry[]) => some.reduce((total, { amount }) => total + amount, 0)
    const row = (name: string, some: readonly BookEntry[]) => [
      name,
      ...movements.map(([id]) => sum(some.filter(({ movement_id }) => movement_id === id))),
      sum(some),
    ]
    const rows = accounts.map((name) =>
      row(
        name,
        own.filter((entry) => nameOf(entry) === name),
      ),
    )
    const total = row('Σ', own)
    print([`account (${currency})`, ...movements.map(([, kind]) => kind), 'Σ'], [...rows, total], currency)
    if (total.some((amount) => typeof amount === 'number' && amount !== 0))
      throw new Error('The books do not balance')
  }
}

const nameOf = ({ account, user }: BookEntry) => (user ? `${account} of ${user.username}` : account)

function print(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  currency: string,
): void {
  const cell = (value: string | number) =>
    typeof value === 'string' ? value : value === 0 ? '·' : toDecimal(value, currency)
  const total = rows.at(-1)!.map((value) => (typeof value === 'number' ? toDecimal(value, currency) : value))
  const lines = [head, ...rows.slice(0, -1).map((row) => row.map(cell)), total]
  const widths = head.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)))
  for (const [at, line] of lines.entries()) {
    const text = line.map((value, column) =>
      column === 0 ? value.padEnd(widths[0]!) : value.padStart(widths[column]!),
    )
    const isEdge = at === 0 || at === lines.length - 1
    console.log(styleText(isEdge ? 'bold' : 'dim', `  ${text.join('  ')}`))
  }
}

import type postgres from 'postgres'
import { parseArray, serializeArray } from './arrays.ts'

/** A bigint column as a number. One that does not fit is an error rather than a wrong answer. */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large for a number`)
  return value
}

const asText = (value: unknown) => String(value)
const asDate = (text: string) => new Date(text)
const toIso = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value))
const asBoolean = (text: string) => text === 't'

/** Element and array type ids of pg_type, which never change, with how one element is read and written. */
const arrays: readonly [
  element: number,
  array: number,
  parse: (text: string) => unknown,
  serialize: (item: unknown) => string,
][] = [
  [16, 1000, asBoolean, asText], // boolean
  [20, 1016, parseInt8, asText], // bigint
  [21, 1005, Number, asText], // smallint
  [23, 1007, Number, asText], // integer
  [25, 1009, asText, asText], // text
  [701, 1022, Number, asText], // double precision
  [869, 1041, asText, asText], // inet
  [1043, 1015, asText, asText], // varchar
  [1184, 1185, asDate, toIso], // timestamptz
  [1700, 1231, asText, asText], // numeric
  [2950, 2951, asText, asText], // uuid
  [3802, 3807, (text) => JSON.parse(text), (item) => JSON.stringify(item)], // jsonb
]

/**
 * The driver would ask the server for the array types on every connect; what is listed here saves that
 * round trip (aside from these, an unlisted type arrives as text).
 */
export const columnTypes: Record<string, postgres.PostgresType> = {
  int8: { to: 20, from: [20], parse: parseInt8, serialize: asText },
  ...Object.fromEntries(
    arrays.map(([, array, parse, serialize]) => [
      `array_${array}`,
      {
        to: array,
        from: [array],
        parse: (text: string) => parseArray(text, parse),
        serialize: (items: unknown) =>
          Array.isArray(items) ? serializeArray(items, serialize) : String(items),
      },
    ]),
  ),
}

/** What `sql.array(items)` looks its array type up in. */
export const arrayTypeOf: Readonly<Record<number, number>> = Object.fromEntries(
  arrays.map(([element, array]) => [element, array]),
)

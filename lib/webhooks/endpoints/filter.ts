import * as z from 'zod/mini'

const scalar = z.union([z.string().check(z.maxLength(500)), z.number(), z.boolean(), z.null()])
type Scalar = z.output<typeof scalar>

const mostConditions = 10
const mostValues = 50
const mostBytes = 4_096

/** `exists`: the member is there and is not null. */
const condition = z.union([
  z.strictObject({ equals: scalar }),
  z.strictObject({ in: z.array(scalar).check(z.minLength(1), z.maxLength(mostValues)) }),
  z.strictObject({ exists: z.boolean() }),
])
type Condition = z.output<typeof condition>

const path = z
  .string()
  .check(
    z.maxLength(200),
    z.regex(/^[a-z\d_]+(\.[a-z\d_]+){0,7}$/, 'It is up to eight names of members, with dots between them'),
  )

/** What the data of an event must be for it to be sent: conditions by their path in it, all of which must hold. */
export const filter = z.record(path, condition).check(
  z.refine((value) => Object.keys(value).length <= mostConditions, {
    message: `A filter has ${mostConditions} conditions at most`,
    params: { code: 'too_big' },
  }),
  z.refine((value) => Buffer.byteLength(JSON.stringify(value)) <= mostBytes, {
    message: `A filter has ${mostBytes} bytes at most`,
    params: { code: 'too_big' },
  }),
)
export type Filter = z.output<typeof filter>

/** A condition on what is in a list holds where it holds for one of its items. */
export const matches = (filter: Filter | null, data: unknown): boolean =>
  Object.entries(filter ?? {}).every(([path, condition]) => holds(condition, valuesAt(data, path.split('.'))))

function holds(condition: Condition, values: readonly unknown[]): boolean {
  if ('exists' in condition) return condition.exists === values.some((value) => value !== null)
  const wanted: readonly Scalar[] = 'in' in condition ? condition.in : [condition.equals]
  return values.some((value) => wanted.includes(value as Scalar))
}

/** Of a list, that of each of its items. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path))
  const [name, ...rest] = path
  if (name === undefined) return [value]
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return []
  return valuesAt((value as Readonly<Record<string, unknown>>)[name], rest)
}

import * as z from 'zod/mini'
import { badRequest, type StripeProblem } from './error.ts'
import type { Form } from './form.ts'

/** Parameters come as text; these say what the text has to be. */
const INVALID_INTEGER = 'Invalid integer'

export const text = z.string().check(z.maxLength(5_000))

export const integer = z.pipe(z.string().check(z.regex(/^-?\d{1,15}$/, INVALID_INTEGER)), z.transform(Number))

export const boolean = z.pipe(
  z.string().check(z.regex(/^(true|false)$/, 'Invalid boolean')),
  z.transform((value: string) => value === 'true'),
)

/** The keys of what is merged into an object's metadata; an empty value takes a key away. */
export const metadata = z.union([
  z.literal(''),
  z
    .record(
      z.string().check(z.maxLength(40, 'Metadata keys can have up to 40 characters')),
      z.string().check(z.maxLength(500, 'Metadata values can have up to 500 characters')),
    )
    .check(z.refine((value) => Object.keys(value).length <= 50, 'Metadata can have up to 50 keys')),
])

export type MetadataParam = z.output<typeof metadata>

const MAX_KEYS = 50

export function mergeMetadata(
  old: Readonly<Record<string, string>>,
  changes: MetadataParam | undefined,
): Record<string, string> {
  if (changes === undefined) return { ...old }
  if (changes === '') return {}
  const merged = Object.entries({ ...old, ...changes }).filter(([, value]) => value !== '')
  if (merged.length > MAX_KEYS) throw badRequest('Metadata can have up to 50 keys', { param: 'metadata' })
  return Object.fromEntries(merged)
}

export const listParams = {
  limit: z.optional(integer.check(z.minimum(1, 'Invalid limit'), z.maximum(100, 'Invalid limit'))),
  starting_after: z.optional(text),
  ending_before: z.optional(text),
  created: z.optional(
    z.union([
      integer,
      z.strictObject({
        gt: z.optional(integer),
        gte: z.optional(integer),
        lt: z.optional(integer),
        lte: z.optional(integer),
      }),
    ]),
  ),
}

/** What a call gave, as its schema reads it, or Stripe's words for what is wrong with it. */
export function readParams<T extends z.ZodMiniType>(schema: T, given: Form): z.output<T> {
  const { success, data, error } = schema.safeParse(given)
  if (success) return data
  throw toProblem(error.issues[0]!, given)
}

function toProblem(issue: z.core.$ZodIssue, given: Form): StripeProblem {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const param = nameOf([...path, issue.keys[0]!])
    return badRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param })
  }
  const param = nameOf(path)
  const value = valueAt(given, path)
  if (value === undefined) {
    return badRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
  }
  if (value === '') {
    return badRequest(`You passed an empty string for '${param}'.`, {
      code: 'parameter_invalid_empty',
      param,
    })
  }
  if (issue.message.startsWith(INVALID_INTEGER)) {
    return badRequest(`${INVALID_INTEGER}: ${value}`, { code: 'parameter_invalid_integer', param })
  }
  const isOurs = issue.code === 'invalid_format' || issue.code === 'too_big' || issue.code === 'custom'
  return badRequest(isOurs ? issue.message : `Invalid ${param}`, { param })
}

const nameOf = ([head = '', ...rest]: readonly string[]) => head + rest.map((key) => `[${key}]`).join('')

function valueAt(given: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' ? (value as Record<string, unknown> | null)?.[key] : undefined,
    given,
  )
}

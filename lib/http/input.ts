import { en } from 'zod/locales'
import * as z from 'zod/mini'
import { AppError, type FieldError, type ProblemCode } from '../errors.ts'
import { isStorable } from './body.ts'

/** The small zod says nothing but `Invalid input` by itself. */
z.config(en())

const mostErrors = 50

type Part = 'path' | 'query' | 'body'

export function readBody(schema: z.ZodMiniType | undefined, value: unknown): unknown {
  return schema && parse(schema, value, 'body', 'validation_failed')
}

/** A path that cannot name anything names nothing: 404, not 422. */
export function readParams(schema: z.ZodMiniType | undefined, values: Texts): unknown {
  return schema && parse(schema, storable(values, 'not_found'), 'path', 'not_found')
}

export function readQuery(schema: z.ZodMiniType | undefined, values: Texts): unknown {
  return schema && parse(schema, storable(values, 'validation_failed'), 'query', 'validation_failed')
}

type Texts = Readonly<Record<string, string | undefined>> | undefined

function storable(values: Texts, code: ProblemCode) {
  for (const text of Object.values(values ?? {})) {
    if (text !== undefined && !isStorable(text)) throw new AppError(code)
  }
  return values ?? {}
}

function parse(schema: z.ZodMiniType, value: unknown, part: Part, code: ProblemCode) {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  if (code === 'not_found') throw new AppError(code)
  const errors = error.issues.flatMap((issue) => toFieldErrors(issue, part, value))
  throw new AppError(code, undefined, { cause: error, errors: errors.slice(0, mostErrors) })
}

function toFieldErrors(issue: z.core.$ZodIssue, part: Part, value: unknown): FieldError[] {
  const at = [part, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, mostErrors).map((key) => ({
      pointer: pointerOf([...at, key]),
      code: 'unknown_field',
      detail: 'There is no such field',
    }))
  }
  return [{ pointer: pointerOf(at), code: codeOf(issue, value), detail: issue.message }]
}

/** A rule of ours names its own code: `ctx.addIssue({ code: 'custom', params: { code: 'weak_password' } })`. */
function codeOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'custom') return typeof issue.params?.code === 'string' ? issue.params.code : 'invalid'
  const isMissing = issue.code === 'invalid_type' && valueAt(value, issue.path) === undefined
  return isMissing ? 'required' : issue.code
}

const valueAt = (value: unknown, path: readonly PropertyKey[]) =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value)

/** RFC 6901 in a URI fragment. */
const pointerOf = (path: readonly PropertyKey[]) =>
  `#/${path.map((key) => encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`

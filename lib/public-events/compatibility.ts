import { isDeepStrictEqual } from 'node:util'
import type * as z from 'zod/mini'

export type Schema = z.core.JSONSchema.JSONSchema

/**
 * What has become of a published schema that its readers could not expect; nothing, where it may keep its version. All
 * envelopes of one version, those kept from before too, fit the schema as it is now, and code written for it as it was
 * goes on working. So optional members may be added, and nothing that was there may change: neither be wider, for a
 * reader meets what it does not know, nor narrower, for one waits for what never comes.
 */
export function findBreaks(before: Schema, after: Schema): string[] {
  return compare({ schema: before, root: before }, { schema: after, root: after }, '')
}

interface Part {
  readonly schema: Schema
  /** Where the definitions are. */
  readonly root: Schema
}

function compare(before: Part, after: Part, path: string): string[] {
  const [old, next] = [variantsOf(before), variantsOf(after)]
  const [wasNullable, isNullable] = [old.some(isNull), next.some(isNull)]
  const breaks = compareVariants(old.filter(isNotNull), next.filter(isNotNull), path)
  if (isNullable && !wasNullable) breaks.push(tell(path, 'can be null now'))
  if (wasNullable && !isNullable) breaks.push(tell(path, 'can no longer be null'))
  return breaks
}

const isNull = ({ schema }: Part) => schema.type === 'null'
const isNotNull = (part: Part) => !isNull(part)

/** What it can be, each by itself. */
function variantsOf(part: Part): Part[] {
  const { schema, root } = resolve(part)
  const several = schema.anyOf ?? schema.oneOf
  if (several) return several.flatMap((one) => variantsOf({ schema: one as Schema, root }))
  if (!Array.isArray(schema.type)) return [{ schema, root }]
  return schema.type.map((type) => ({ schema: { ...schema, type }, root }))
}

function resolve({ schema, root }: Part): Part {
  if (schema.$ref === undefined) return { schema, root }
  const name = schema.$ref.replace('#/$defs/', '')
  const found = root.$defs?.[name]
  if (!found) throw new Error(`The schema has no ${schema.$ref}`)
  return resolve({ schema: found as Schema, root })
}

/** In any order. */
function compareVariants(old: readonly Part[], next: readonly Part[], path: string): string[] {
  if (old.length === 1 && next.length === 1) return compareOne(old[0]!, next[0]!, path)
  const left = [...next]
  const lost = old.filter((one) => {
    const at = left.findIndex((other) => compareOne(one, other, path).length === 0)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  if (lost.length === 0 && left.length === 0) return []
  return [tell(path, `is one of ${namesOf(next)} now, and was one of ${namesOf(old)}`)]
}

const namesOf = (parts: readonly Part[]) => parts.map(({ schema }) => schema.type ?? 'anything').join(', ')

/** What only describes it. */
const remarks = ['$schema', '$id', '$defs', '$comment', 'title', 'description', 'examples', 'default']
/** What is looked into, rather than compared as it is. */
const inside = ['properties', 'required', 'items', 'additionalProperties', 'propertyNames']
const isRule = (name: string) => !remarks.includes(name) && !inside.includes(name)

function compareOne(old: Part, next: Part, path: string): string[] {
  if (old.schema.type !== next.schema.type) {
    return [tell(path, `is ${next.schema.type ?? 'anything'} now, and was ${old.schema.type ?? 'anything'}`)]
  }
  return [
    ...compareRules(old.schema, next.schema, path),
    ...compareMembers(old, next, path),
    ...compareInside('items', old, next, `${path}[]`),
    ...compareInside('additionalProperties', old, next, `${path}.*`),
    ...compareInside('propertyNames', old, next, `the names in ${path}`),
  ]
}

function compareRules(old: Schema, next: Schema, path: string): string[] {
  const names = new Set([...Object.keys(old), ...Object.keys(next)].filter(isRule))
  return [...names].flatMap((name) => {
    const [was, is] = [old[name], next[name]]
    if (isDeepStrictEqual(was, is)) return []
    return [tell(path, `has ${name} ${JSON.stringify(is)} now, and had ${JSON.stringify(was)}`)]
  })
}

function compareMembers(old: Part, next: Part, path: string): string[] {
  const [was, is] = [old.schema.properties ?? {}, next.schema.properties ?? {}]
  const removed = Object.keys(was).filter((name) => !Object.hasOwn(is, name))
  const added = Object.keys(is).filter((name) => !Object.hasOwn(was, name))
  const kept = Object.keys(was).filter((name) => Object.hasOwn(is, name))
  const [promised, promises] = [old.schema.required ?? [], next.schema.required ?? []]
  const toMember = (name: string) => (path ? `${path}.${name}` : name)
  return [
    ...removed.map((name) => tell(toMember(name), 'is gone')),
    ...added
      .filter((name) => promises.includes(name))
      .map((name) => tell(toMember(name), 'is new and always there, which it is not in events of before')),
    ...kept.flatMap((name) => [
      ...(promised.includes(name) && !promises.includes(name)
        ? [tell(toMember(name), 'can be left out now')]
        : []),
      ...(promises.includes(name) && !promised.includes(name)
        ? [tell(toMember(name), 'is always there now, which it is not in events of before')]
        : []),
      ...compare(partOf(old, was[name]), partOf(next, is[name]), toMember(name)),
    ]),
  ]
}

const partOf = ({ root }: Part, schema: unknown): Part => ({ schema: schema as Schema, root })

function compareInside(
  name: 'items' | 'additionalProperties' | 'propertyNames',
  old: Part,
  next: Part,
  path: string,
): string[] {
  const [was, is] = [old.schema[name], next.schema[name]]
  if (isSchema(was) && isSchema(is)) return compare(partOf(old, was), partOf(next, is), path)
  return isDeepStrictEqual(was, is) ? [] : [tell(path, 'follows another rule now')]
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const tell = (path: string, what: string) => `${path || 'the envelope'} ${what}`

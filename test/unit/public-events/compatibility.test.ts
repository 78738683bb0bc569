import * as fc from 'fast-check'
import * as z from 'zod/mini'
import { findBreaks, type Schema } from '../../../lib/public-events/compatibility.ts'

const schemaOf = (schema: z.ZodMiniType) => z.toJSONSchema(schema, { io: 'input' }) as Schema

const named = z.object({ id: z.uuid(), name: z.string() })
const base = {
  id: z.uuid(),
  title: z.string().check(z.maxLength(10)),
  note: z.nullable(z.string()),
  maybe: z.optional(z.int()),
  state: z.enum(['open', 'closed']),
  parts: z.array(named),
  either: z.union([z.string(), named]),
  extra: z.record(z.string(), z.int()),
  owner: z.nullable(named),
}
const breaksOf = (changed: Readonly<Record<string, z.ZodMiniType | undefined>>) => {
  const shape = Object.entries({ ...base, ...changed }).filter(([, schema]) => schema !== undefined)
  const [before, after] = [base, Object.fromEntries(shape) as z.core.$ZodLooseShape]
  return findBreaks(
    schemaOf(z.object({ data: z.object(before) })),
    schemaOf(z.object({ data: z.object(after) })),
  )
}

test.each([
  { name: 'nothing', changed: {} },
  { name: 'an optional member', changed: { added: z.optional(z.string()) } },
  { name: 'an optional member that can be null', changed: { added: z.optional(z.nullable(z.int())) } },
  {
    name: 'an optional member deep inside',
    changed: { parts: z.array(z.extend(named, { added: z.optional(z.int()) })) },
  },
  {
    name: 'an optional member of what can be null',
    changed: { owner: z.nullable(z.extend(named, { added: z.optional(z.int()) })) },
  },
  { name: 'a description', changed: { title: base.title.check(z.meta({ description: 'Of it' })) } },
  { name: 'the order of what it can be', changed: { either: z.union([named, z.string()]) } },
])('a version may be given $name', ({ changed }) => {
  expect(breaksOf(changed)).toEqual([])
})

test.each([
  { name: 'a member that is removed', changed: { title: undefined }, tells: 'data.title is gone' },
  {
    name: 'a member that is renamed',
    changed: { title: undefined, heading: z.optional(z.string()) },
    tells: 'data.title is gone',
  },
  {
    name: 'a new member that is always there, unlike in events of before',
    changed: { added: z.string() },
    tells: 'data.added is new and always there, which it is not in events of before',
  },
  {
    name: 'another type',
    changed: { title: z.int() },
    tells: 'data.title is integer now, and was string',
  },
  {
    name: 'an integer that is any number',
    changed: { maybe: z.optional(z.number()) },
    tells: 'data.maybe is number',
  },
  { name: 'null', changed: { state: z.nullable(base.state) }, tells: 'data.state can be null now' },
  {
    name: 'null for an object',
    changed: { parts: z.nullable(base.parts) },
    tells: 'data.parts can be null now',
  },
  {
    name: 'no null any more',
    changed: { note: z.string() },
    tells: 'data.note can no longer be null',
  },
  {
    name: 'a member that can be left out',
    changed: { title: z.optional(base.title) },
    tells: 'data.title can be left out now',
  },
  {
    name: 'a member that is never left out any more',
    changed: { maybe: z.int() },
    tells: 'data.maybe is always there now',
  },
  {
    name: 'another word in an enumeration',
    changed: { state: z.enum(['open', 'closed', 'ajar']) },
    tells: 'data.state has enum ["open","closed","ajar"] now',
  },
  { name: 'a word less', changed: { state: z.enum(['open']) }, tells: 'data.state has enum ["open"] now' },
  {
    name: 'a narrower limit',
    changed: { title: z.string().check(z.maxLength(5)) },
    tells: 'data.title has maxLength 5 now, and had 10',
  },
  {
    name: 'a limit where none was',
    changed: { maybe: z.optional(z.int().check(z.minimum(0))) },
    tells: 'data.maybe has minimum 0 now',
  },
  {
    name: 'no limit any more',
    changed: { title: z.string() },
    tells: 'data.title has maxLength undefined now',
  },
  { name: 'another format', changed: { id: z.iso.date() }, tells: 'data.id has format "date" now' },
  {
    name: 'items of another kind',
    changed: { parts: z.array(z.string()) },
    tells: 'data.parts[] is string now',
  },
  {
    name: 'a member of its items that is gone',
    changed: { parts: z.array(z.object({ id: z.uuid() })) },
    tells: 'data.parts[].name is gone',
  },
  {
    name: 'a member gone of what can be null',
    changed: { owner: z.nullable(z.object({ id: z.uuid() })) },
    tells: 'data.owner.name is gone',
  },
  {
    name: 'one more thing that it can be',
    changed: { either: z.union([z.string(), named, z.int()]) },
    tells: 'data.either is one of string, object, integer now',
  },
  {
    name: 'one thing less that it can be',
    changed: { either: z.string() },
    tells: 'data.either is one of string now',
  },
  {
    name: 'values of another kind',
    changed: { extra: z.record(z.string(), z.string()) },
    tells: 'data.extra.* is string now',
  },
])('a version is broken by $name', ({ changed, tells }) => {
  expect(breaksOf(changed)).toContainEqual(expect.stringContaining(tells))
})

test('looks behind references', () => {
  const person = (shape: z.core.$ZodLooseShape) =>
    z.object(shape).check(z.meta({ id: `person-${Math.random()}` }))
  const before = schemaOf(z.object({ owner: person({ id: z.uuid(), name: z.string() }) }))
  const after = schemaOf(z.object({ owner: person({ id: z.uuid() }) }))

  expect(JSON.stringify(before)).toContain('$ref')
  expect(findBreaks(before, after)).toEqual(['owner.name is gone'])
  expect(findBreaks(before, before)).toEqual([])
})

/** Objects of objects, to some depth. */
const { tree } = fc.letrec<{ tree: z.ZodMiniType; leaf: z.ZodMiniType }>((tie) => ({
  leaf: fc.constantFrom(z.string(), z.int(), z.boolean(), z.nullable(z.string()), z.optional(z.int())),
  tree: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    tie('tree').map((item) => z.array(item)),
    fc
      .dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('tree'), { minKeys: 1 })
      .map((shape) => z.object(shape)),
  ),
}))

const removals = (schema: Schema): Schema[] => {
  const { properties = {}, items } = schema
  const names = Object.keys(properties)
  return [
    ...names.map((name) => {
      const { [name]: _, ...rest } = properties
      return {
        ...schema,
        properties: rest,
        required: schema.required?.filter((one) => one !== name),
      } as Schema
    }),
    ...names.flatMap((name) =>
      removals(properties[name] as Schema).map((inner) => ({
        ...schema,
        properties: { ...properties, [name]: inner },
      })),
    ),
    ...(items ? removals(items as Schema).map((inner) => ({ ...schema, items: inner })) : []),
  ]
}

test('any schema may stay as it is, and none may lose a member anywhere', async () => {
  await fc.assert(
    fc.property(tree, (given) => {
      const schema = schemaOf(given)
      expect(findBreaks(schema, schema)).toEqual([])
      for (const smaller of removals(schema)) {
        expect(findBreaks(schema, smaller)).not.toEqual([])
        // And the other way round nothing may come that was promised from the beginning.
        expect(findBreaks(smaller, schema).every((what) => /is new and always there/.test(what))).toBe(true)
      }
    }),
  )
})

import * as z from 'zod/mini'
import {
  catalogueRows,
  checkSchema,
  listPublished,
  readGuideRows,
} from '../../../infra/local/published-schemas.ts'
import { events } from '../../../lib/events.ts'
import {
  describeEvent,
  type PublicEventType,
  publicEventTypes,
  publishedEvents,
} from '../../../lib/public-events/catalogue.ts'
import { exampleOf, listEventTypes, schemaOf } from '../../../lib/public-events/described.ts'
import { envelope } from '../../../lib/public-events/schemas.ts'

describe.each(publicEventTypes)('%s', (type) => {
  const { data, example, resource, version, description } = describeEvent(type)

  test('keeps the schema that was published under its version', async () => {
    const { state, breaks } = await checkSchema(type)

    expect(breaks).toEqual([])
    // "new" or "extended": npm run event-schemas writes it down.
    expect(state).toBe('same')
  })

  test('has an example that is what is sent: nothing is missing, and nothing more is there', () => {
    expect(z.encode(data, z.decode(data, example as never))).toEqual(example)
    expect(envelope.parse(exampleOf(type))).toEqual(exampleOf(type))
  })

  test('names in its data what its sequence counts by', () => {
    const about = (example as Readonly<Record<string, { readonly id?: unknown }>>)[resource]

    expect(z.uuid().safeParse(about?.id).success).toBe(true)
  })

  test('is described in a sentence, and has a day for its version', () => {
    expect(description).toMatch(/^[A-Z].*\.$/)
    expect(z.iso.date().safeParse(version).success).toBe(true)
  })

  test('promises nothing about members that may come', () => {
    expect(JSON.stringify(schemaOf(type))).not.toContain('"additionalProperties":false')
  })
})

test('no type is there twice', () => {
  expect(new Set(publicEventTypes).size).toBe(publicEventTypes.length)
})

test('all that was ever published is still there, and no version is older than what was published', async () => {
  for (const { type, version } of await listPublished()) {
    expect(publicEventTypes).toContain(type)
    expect(describeEvent(type as PublicEventType).version >= version).toBe(true)
  }
})

test('what is made of an event of the outbox is about a thing that the event names', () => {
  for (const { type, resource } of publishedEvents) {
    const payload = events[type] as z.ZodMiniObject
    expect(Object.keys(payload.shape)).toContain(`${resource}_id`)
  }
})

test('is listed with a schema that stands by itself', () => {
  const { data } = listEventTypes()

  expect(data.map(({ type }) => type)).toEqual(publicEventTypes)
  for (const { type, api_version, schema, example } of data) {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { type: { const: type }, api_version: { const: api_version } },
    })
    expect(example).toMatchObject({ type, api_version })
  }
})

test('docs/events.md has every type, as the catalogue describes it', async () => {
  // npm run event-schemas writes it.
  expect(await readGuideRows()).toEqual(catalogueRows())
})

import * as z from 'zod/mini'
import { describeEvent, type PublicEventType, publicEventTypes } from './catalogue.ts'
import type { Schema } from './compatibility.ts'
import { type EventTypeList, envelope } from './schemas.ts'

const exampleId = '01936f6e-7d00-7000-8000-000000000001'

/** An envelope with the example that the catalogue has. */
export function exampleOf(type: PublicEventType) {
  const { version, example } = describeEvent(type)
  return {
    id: exampleId,
    type,
    api_version: version,
    created_at: '2026-12-01T09:00:00.000Z',
    sequence: 1,
    request_id: null,
    data: example as Readonly<Record<string, unknown>>,
  }
}

/** Of the whole envelope, as it is on the wire. What it does not name may be added. */
export function schemaOf(type: PublicEventType): Schema {
  const { version, description, data } = describeEvent(type)
  const whole = z.extend(envelope, { type: z.literal(type), api_version: z.literal(version), data })
  const schema = z.toJSONSchema(whole, { io: 'input', override: ({ jsonSchema }) => simplify(jsonSchema) })
  return { ...(schema as Schema), title: type, description, examples: [exampleOf(type)] }
}

/** Formats say all that the patterns of a library say, and integers of JavaScript are bounded by nature. */
function simplify(schema: Schema) {
  if (schema.format !== undefined) delete schema.pattern
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
}

/** The catalogue as the API serves it; it is the same until the next deployment. */
export const listEventTypes = (): EventTypeList => ({
  data: publicEventTypes.map((type) => {
    const { version, description, resource } = describeEvent(type)
    const { examples, ...schema } = schemaOf(type)
    return { type, api_version: version, description, resource, schema, example: exampleOf(type) }
  }),
  has_more: false,
  next_cursor: null,
})

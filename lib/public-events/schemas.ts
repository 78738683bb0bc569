import * as z from 'zod/mini'
import { pageQuery } from '../http/route.ts'
import { publicEventTypes } from './catalogue.ts'

const publicEventType = z.enum(publicEventTypes)

export const envelope = z.object({
  id: z.uuid(),
  type: z.string(),
  api_version: z.iso.date(),
  created_at: z.iso.datetime(),
  sequence: z.int(),
  request_id: z.nullable(z.string()),
  data: z.record(z.string(), z.unknown()),
})

/** The cursor is there on the last page too: with it the next call goes on. */
export const envelopePage = z.object({
  data: z.array(envelope),
  has_more: z.boolean(),
  next_cursor: z.string(),
})

const typeList = z.pipe(
  z.pipe(
    z.string().check(z.maxLength(2_000)),
    z.transform((text: string) => [...new Set(text.split(',').map((type) => type.trim()))]),
  ),
  z.array(publicEventType).check(z.minLength(1)),
)

export const listEvents = z.strictObject({
  limit: pageQuery.shape.limit,
  /** The `next_cursor` of the page before. */
  after: pageQuery.shape.cursor,
  types: z.optional(typeList),
})
export type ListEvents = z.output<typeof listEvents>

const eventType = z.object({
  type: publicEventType,
  api_version: z.iso.date(),
  description: z.string(),
  /** What the `sequence` of its envelopes counts by: the `id` of this member of `data`. */
  resource: z.string(),
  /** Of the whole envelope: JSON Schema 2020-12. */
  schema: z.record(z.string(), z.unknown()),
  example: envelope,
})

export const eventTypeList = z.object({
  data: z.array(eventType),
  has_more: z.literal(false),
  next_cursor: z.null(),
})
export type EventTypeList = z.output<typeof eventTypeList>

import type { PublicEventType } from './catalogue.ts'

export interface PublicEventRow {
  readonly id: string
  readonly account_id: string
  readonly type: PublicEventType
  readonly api_version: string
  readonly created_at: Date
  readonly resource_id: string
  readonly sequence: number
  readonly data: Readonly<Record<string, unknown>>
  readonly request_id: string | null
}

/** What webhooks carry and `GET /events` lists, alike to the letter. */
export interface Envelope {
  /** The same however often it is sent: what to know a repetition by. */
  readonly id: string
  readonly type: PublicEventType
  readonly api_version: string
  readonly created_at: string
  /** Of two events about the same thing, the one with the greater tells what is newer. */
  readonly sequence: number
  /** Of the request that led to it, where one did. */
  readonly request_id: string | null
  readonly data: Readonly<Record<string, unknown>>
}

export const toEnvelope = (row: PublicEventRow): Envelope => ({
  id: row.id,
  type: row.type,
  api_version: row.api_version,
  created_at: row.created_at.toISOString(),
  sequence: row.sequence,
  request_id: row.request_id,
  data: row.data,
})

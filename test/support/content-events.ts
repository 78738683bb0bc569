import * as z from 'zod/mini'
import type { Sql } from '../../lib/db/client.ts'
import { publishedEvents } from '../../lib/public-events/catalogue.ts'
import type { SourceType } from '../../lib/public-events/define.ts'
import { contentEvents } from '../../lib/public-events/sources.ts'

const types = Object.keys(contentEvents)

export interface News {
  readonly type: string
  readonly payload: object
}

interface Written extends News {
  readonly id: string
  readonly xact: string
}

/** What stands in the outbox of content events since it was last asked. */
export function createNews(sql: Sql) {
  const takeRows = async () => {
    const rows = await sql<Written[]>`
      delete from outbox where type = any(${types}) returning id, type, payload, xmin::text as xact
    `
    return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }
  const take = async (): Promise<News[]> => (await takeRows()).map(({ type, payload }) => ({ type, payload }))

  return {
    take,
    /** Whatever was written with the row as it is now, in the very transaction that left it so. */
    async takeWith(table: string, id: string): Promise<News[]> {
      const [row] = await sql<[{ xact: string }?]>`
        select xmin::text as xact from ${sql(table)} where id = ${id}
      `
      const written = await takeRows()
      expect(written.map(({ xact }) => xact)).toEqual(written.map(() => row?.xact))
      return written.map(({ type, payload }) => ({ type, payload }))
    },
    /** What the calls that are made meanwhile write. */
    async during(work: () => Promise<unknown>): Promise<News[]> {
      await take()
      await work()
      return take()
    },
  }
}

/** What each account is told of an event of the outbox, on the wire, by its id. */
export async function tellingsOf(sql: Sql, type: SourceType, payload: object) {
  const event = publishedEvents.find((one) => one.type === type)!
  const tellings = await sql.begin((tx) => event.build(tx, payload as never))
  return new Map(
    tellings.map(({ account_id, data }) => {
      const wire = z.encode(event.data, data) as Record<string, Record<string, unknown>>
      expect(Buffer.byteLength(JSON.stringify(wire))).toBeLessThan(20_000)
      expect(JSON.stringify(wire)).not.toMatch(/@example|password|192\.0\.2|secret/)
      return [account_id, wire]
    }),
  )
}

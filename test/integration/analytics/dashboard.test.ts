import { randomUUID } from 'node:crypto'
import type { Actor } from '../../../lib/auth/actor.ts'
import {
  addEvent,
  addListen,
  addPlay,
  createStatsApi,
  rollUpDays,
  statsRoutes,
} from '../../support/analytics.ts'
import { useDatabase } from '../../support/database.ts'
import { paySeeded, seedOrder } from '../../support/ledger.ts'
import { createTrackApi } from '../../support/track-api.ts'

const { sql } = useDatabase()
const now = new Date('2026-12-10T12:30:00Z')
const call = createStatsApi(sql, () => now)
const tracks = createTrackApi(sql)

const at = (text: string) => new Date(`2026-12-${text}Z`)
const dashboard = async (actor: Actor, query: Readonly<Record<string, string>> = { range: '7d' }) => {
  const { status, body, text } = await call(statsRoutes.getDashboard, actor, { query })
  if (status !== 200) throw new Error(text)
  return body
}

/** Two tracks of somebody's, the second played more. */
async function seedTwo() {
  const owner = await tracks.join()
  const [first, second] = [
    await tracks.createReady(owner, { title: 'First' }),
    await tracks.createReady(owner, { title: 'Second' }),
  ]
  const play = (track_id: string, time: string, more = {}) =>
    addPlay(sql, { track_id, owner_id: owner.id, at: at(time), ...more })
  return { owner, first, second, play }
}

const rollUp = () => rollUpDays(sql, '2026-12-09', now)

test('counts each listener of several tracks once', async () => {
  const { owner, first, second, play } = await seedTwo()
  const ben = await tracks.join()
  await play(first, '09T10:00:00', { user_id: ben.id })
  await play(second, '09T11:00:00', { user_id: ben.id, is_complete: true })
  await play(second, '10T11:00:00', { user_id: ben.id })
  await play(first, '09T12:00:00', { visitor: 'guest' })
  await play(second, '09T12:30:00', { visitor: 'guest' })
  await play(second, '10T12:10:00', { visitor: 'guest' })
  await play(second, '10T12:20:00', { visitor: 'robot', filtered: 'datacenter' })
  await rollUp()

  const body = await dashboard(owner)

  expect(body.totals).toMatchObject({
    play_count: 6,
    // The user, and a guest of each day.
    listener_count: 3,
    complete_count: 1,
    completion_rate: 1 / 6,
    listened_ms: 240_000,
  })
  expect(body.series.slice(-2).map((point) => [point.play_count, point.listener_count])).toEqual([
    [4, 2],
    [2, 2],
  ])
  expect(body.top_tracks.map(({ title, play_count }) => [title, play_count])).toEqual([
    ['Second', 4],
    ['First', 2],
  ])
  expect(body.filtered).toEqual({ ua: 0, datacenter: 1, rate: 0, no_token: 0, pattern: 0 })
})

test('of somebody who has nothing is empty, and theirs alone', async () => {
  const { owner, first, play } = await seedTwo()
  await play(first, '09T10:00:00')
  await rollUp()
  const other = await tracks.join()
  const body = await dashboard(other, { range: 'all', compare: 'previous' })
  expect(body).toMatchObject({
    range: { day_count: 1 },
    totals: { play_count: 0, listener_count: 0, sale_count: 0, conversion_rate: null },
    previous: null,
    top_tracks: [],
    top_listeners: [],
    sources: [],
    retention: null,
    sales: { totals: [], previous_totals: null, by_day: [] },
    products: [],
  })
  expect((await dashboard(owner)).totals.play_count).toBe(1)
  expect((await call(statsRoutes.getDashboard, undefined)).status).toBe(401)
})

test('names those who played most, where they let others see it', async () => {
  const { owner, first, play } = await seedTwo()
  const settings = (who: Actor, values: object) =>
    sql`update users set settings = ${sql.json(values as never)} where id = ${who.id}`
  const [shown, hidden, privately, blocking] = [
    await tracks.join(),
    await tracks.join(),
    await tracks.join(),
    await tracks.join(),
  ]
  await settings(shown, { show_history: true })
  await settings(privately, { show_history: true, profile_visibility: 'private' })
  await settings(blocking, { show_history: true })
  await sql`insert into blocks (blocker_id, blocked_id) values (${blocking.id}, ${owner.id})`
  for (const who of [shown, hidden, privately, blocking]) {
    await play(first, '09T10:00:00', { user_id: who.id })
    await play(first, '09T14:00:00', { user_id: who.id })
  }
  await rollUp()
  const { top_listeners } = await dashboard(owner)
  expect(top_listeners!.map(({ user_id, play_count }) => [user_id, play_count])).toEqual([[shown.id, 2]])
})

test('has the curve of the track that was played most', async () => {
  const { owner, first, second, play } = await seedTwo()
  await play(second, '09T10:00:00')
  for (const track_id of [first, second]) {
    const version_id = randomUUID()
    for (let n = 0; n < 5; n++) {
      await addListen(sql, {
        track_id,
        owner_id: owner.id,
        version_id,
        at: at('09T10:00:00'),
        heard: [[0, 2_000]],
      })
    }
  }
  await rollUp()
  expect((await dashboard(owner)).retention).toMatchObject({
    track_id: second,
    listen_count: 5,
    points: [
      { from_ms: 0, heard_count: 5 },
      { from_ms: 1_000, heard_count: 5 },
    ],
  })
})

test('has views, sales by the ledger and what became of the one by the other', async () => {
  const { owner } = await seedTwo()
  const buyer = await tracks.join()
  const order = await seedOrder(sql, buyer.id, [{ seller_id: owner.id, due: 2_000 }])
  await paySeeded(sql, order, at('09T10:00:00'))
  const earlier = await seedOrder(sql, buyer.id, [{ seller_id: owner.id, due: 500 }])
  await paySeeded(sql, earlier, at('01T10:00:00'))
  const [{ product_id }] = await sql<[{ product_id: string }]>`
    select product_id from order_items where order_id = ${order.id}
  `
  const see = (type: string, more = {}) =>
    addEvent(sql, { type, at: at('09T10:00:00'), owner_id: owner.id, ...more })
  for (let n = 0; n < 4; n++) await see('product_viewed', { product_id })
  await see('product_viewed', { product_id, filtered: 'ua' })
  await see('checkout_started', { product_id })
  await see('profile_viewed')
  await see('playlist_viewed')
  await rollUp()

  const body = await dashboard(owner, { range: '7d', compare: 'previous' })

  expect(body.totals).toMatchObject({
    profile_view_count: 1,
    playlist_view_count: 1,
    product_view_count: 4,
    checkout_count: 1,
    sale_count: 1,
    conversion_rate: 0.25,
  })
  expect(body.sales.totals).toEqual([
    expect.objectContaining({ currency: 'usd', sale_count: 1, gross_amount: 2_000 }),
  ])
  expect(body.sales.previous_totals).toEqual([
    expect.objectContaining({ currency: 'usd', sale_count: 1, gross_amount: 500 }),
  ])
  expect(body.sales.by_day.map(({ day, gross_amount }) => [day, gross_amount])).toEqual([
    ['2026-12-09', 2_000],
  ])
  expect(body.previous).toMatchObject({
    range: { from: '2026-11-27', to: '2026-12-03' },
    totals: { sale_count: 1, product_view_count: 0, conversion_rate: null },
    change: { sale_count: 0, product_view_count: null },
  })
  expect(body.products).toEqual([
    expect.objectContaining({
      product_id,
      view_count: 4,
      checkout_count: 1,
      sale_count: 1,
      conversion_rate: 0.25,
    }),
  ])
})

test('takes two years of sales', async () => {
  const owner = await tracks.join()
  const order = await seedOrder(sql, (await tracks.join()).id, [{ seller_id: owner.id, due: 2_000 }])
  await paySeeded(sql, order, new Date('2025-01-02T00:00:00Z'))
  const { totals } = await dashboard(owner, { from: '2025-01-01', to: '2026-12-10' })
  expect(totals.sale_count).toBe(1)
})

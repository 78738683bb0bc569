import { createRequire } from 'node:module'
import path from 'node:path'
import { trackRoutes } from '../../functions/tracks/routes.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { openConnection } from '../../lib/db/connection.ts'
import { findTrack } from '../../lib/tracks/whole-track.ts'
import { context, httpEvent } from '../support/api.ts'
import { median } from './table.ts'

/**
 * Times `GET /tracks/{track_id}` through the deployed bundle beside its one statement on a bare client, in
 * alternating rounds. A process of its own, so that its log lines are written as in Lambda and read by nobody.
 */
const ROUNDS = 100
const CALLS = 50
/** Until then V8 still compiles what it met for the first time, and the figures fall from round to round. */
const WARM_UP = 20

const trackId = process.argv[2]!
const { handler } = createRequire(import.meta.url)(path.resolve('dist/tracks/index.js'))
const driver = openConnection(databaseSettings()).client
const guarded = connect(databaseSettings())
const viewer = { id: undefined, now: new Date() }

/** Another caller each round, who spends most of a guest's quota: what counting the calls costs is in the figure. */
let event: ReturnType<typeof httpEvent>
const arrive = (round: number) => {
  const ip = `10.0.${(round >> 8) & 255}.${round & 255}`
  event = httpEvent(trackRoutes.getTrack, { params: { track_id: trackId }, ip })
}
arrive(ROUNDS + WARM_UP)

const ways = {
  handler: () => handler(event, context()),
  query: () => findTrack(driver, trackId, viewer),
  guarded_query: () => findTrack(guarded, trackId, viewer),
}
const times: Record<keyof typeof ways, number[]> = { handler: [], query: [], guarded_query: [] }

const answer = await ways.handler()
if (answer.statusCode !== 200)
  throw new Error(`GET /tracks/{track_id} answered ${answer.statusCode}: ${answer.body}`)
for (let round = -WARM_UP; round < ROUNDS; round++) {
  arrive(round + WARM_UP)
  for (const name of Object.keys(ways) as (keyof typeof ways)[]) {
    const started = performance.now()
    for (let call = 0; call < CALLS; call++) await ways[name]()
    if (round >= 0) times[name].push(((performance.now() - started) / CALLS) * 1_000)
  }
}
process.send!({
  handler: median(times.handler),
  query: median(times.query),
  guarded_query: median(times.guarded_query),
})
process.exit()

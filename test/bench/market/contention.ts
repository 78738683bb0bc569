import { seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, itemsOf } from '../../support/shop.ts'
import { type Person, seedPerson } from '../../support/social.ts'
import type { Progress } from '../progress.ts'
import { type Figure, median } from '../table.ts'
import { type Stage, timeEach } from './stage.ts'

const buyers = 200

/** The same rush twice, on one track: once everybody can have what they order, once only one can. */
export async function measureContention(stage: Stage, { step }: Progress): Promise<Figure[]> {
  const lease = await step('a rush on a lease', buyers, (tell) => rush(stage, false, tell))
  const exclusive = await step('on the exclusive', buyers, (tell) => rush(stage, true, tell))
  if (lease.placed !== buyers || exclusive.placed !== 1)
    throw new Error(`${lease.placed} leases and ${exclusive.placed} exclusive licences were ordered`)
  const against = { unit: 'ms', compare: 'ratio' } as const
  return [
    {
      name: 'an answer: 1 order and 199 refusals / 200 orders',
      ours: exclusive.each,
      against: lease.each,
      ...against,
    },
    { name: 'all 200 of them', ours: exclusive.total, against: lease.total, ...against },
  ]
}

async function rush(
  { connections, sql, stripe }: Stage,
  is_exclusive: boolean,
  tell: (done: number) => void,
) {
  const product = await seedProduct(sql, await seedSeller(sql), { tiers: [{ is_exclusive }] })
  const people: Person[] = []
  for (let at = 0; at < buyers; at++) people.push(await seedPerson(sql))
  const shops = connections.map((connection) => createShop(connection, { stripe }))
  let placed = 0
  const { times, total } = await timeEach(shops, buyers, async (shop, at) => {
    const { status, text } = await shop.order(people[at]!, itemsOf(product))
    if (status === 201) placed++
    else if (status !== 409) throw new Error(text)
    tell(1)
  })
  return { placed, each: median(times), total }
}

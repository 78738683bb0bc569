import { useDatabase } from '../../support/database.ts'
import { createWebhookDesk, succeeds } from '../../support/webhook-desk.ts'

const { sql } = useDatabase()
const desk = createWebhookDesk(sql)
beforeEach(() => desk.clear())

async function addEndpoint(rate_per_second: number) {
  const account = await desk.addAccount()
  await desk.addEndpoint(account, { rate_per_second })
  return {
    publishAll: async (count: number) => {
      await desk.publish(account, count)
      await desk.dispatchAll()
      return desk.handed.length
    },
  }
}

test('whoever has answered nothing for two seconds is handed no more than five', async () => {
  const { publishAll } = await addEndpoint(100)
  expect(await publishAll(3)).toBe(3)
  desk.pass(1_999)
  expect(await publishAll(1)).toBe(4)
  desk.pass(1)
  expect(await publishAll(10)).toBe(5)
  desk.pass(10_000)
  expect(await publishAll(10)).toBe(5)
})

test('an answer to what has waited for so long makes room for all of them', async () => {
  const { publishAll } = await addEndpoint(100)
  await publishAll(5)
  desk.pass(2_000)
  expect(await publishAll(20)).toBe(5)
  for (const handed of desk.takeHanded()) await desk.answer(handed, succeeds)
  await desk.dispatchAll()
  expect(desk.handed).toHaveLength(20)
})

test('what is under way is taken from it: of a burst nobody gets more until it is nearly answered', async () => {
  const { publishAll } = await addEndpoint(100)
  expect(await publishAll(30)).toBe(30)
  desk.pass(3_000)
  expect(await publishAll(10)).toBe(30)
  for (const handed of desk.takeHanded().slice(0, 26)) await desk.answer(handed, succeeds)
  await desk.dispatchAll()
  expect(desk.handed).toHaveLength(1)
})

test('a rate below it stays what it is', async () => {
  const { publishAll } = await addEndpoint(1)
  expect(await publishAll(5)).toBe(2)
  desk.pass(5_000)
  expect(await publishAll(5)).toBe(2)
})

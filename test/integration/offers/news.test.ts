import { notificationRoutes } from '../../../functions/social/notification-routes.ts'
import { useDatabase } from '../../support/database.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createHaggling } from '../../support/offers.ts'
import { createShop } from '../../support/shop.ts'
import { createSocialApi, type Person, seedPerson } from '../../support/social.ts'
import { createTradePost } from '../../support/trade-news.ts'

const { sql } = useDatabase()
const { make, accept, decline, counter } = createHaggling(createShop(sql))
const post = createTradePost(sql)
const social = createSocialApi(sql)

const mailTo = ({ username }: Person) => `${username}@example.test`

async function setUp() {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller)
  const { body } = await make(buyer, product, 2_000, 'For my EP')
  return { seller, buyer, id: body.id as string }
}

/** What the worker tells, heard of once more for good measure. */
const hear = async (
  type: 'offer.made' | 'offer.countered' | 'offer.accepted' | 'offer.declined',
  id: string,
) => (await post.hear(type, { offer_id: id })).map(({ to, subject, text }) => ({ to, subject, text }))

async function noticesOf(person: Person) {
  const { body } = await social(notificationRoutes.listNotifications, person)
  return body.data.map(({ kind, offer }) => ({ kind, offer }))
}

test('an offer is told to its seller, in the application and by mail', async () => {
  const { seller, buyer, id } = await setUp()
  const [mail, ...more] = await hear('offer.made', id)
  expect(more).toEqual([])
  expect(mail).toEqual({
    to: mailTo(seller),
    subject: `${buyer.username} made you an offer`,
    text: expect.stringContaining(`https://veza.example/offers/${id}`),
  })
  expect(mail!.text).toContain('$20.00')
  expect(mail!.text).toContain('For my EP')
  expect(await noticesOf(seller)).toEqual([
    { kind: 'offer', offer: { id, status: 'open', amount: 2_000, currency: 'usd' } },
  ])
  expect(await noticesOf(buyer)).toEqual([])
})

test('its acceptance is told to the buyer, with until when to order', async () => {
  const { seller, buyer, id } = await setUp()
  await hear('offer.made', id)
  await accept(seller, id)
  const mails = await hear('offer.accepted', id)
  expect(mails).toMatchObject([{ to: mailTo(buyer), subject: 'Your offer was accepted' }])
  expect(mails[0]!.text).toContain('Order until')
  expect(await noticesOf(buyer)).toMatchObject([{ kind: 'offer', offer: { status: 'accepted' } }])
})

test('another price is told to the buyer, and their word on it to the seller', async () => {
  const { seller, buyer, id } = await setUp()
  await hear('offer.made', id)
  await counter(seller, id, 2_500)
  const named = await hear('offer.countered', id)
  expect(named).toMatchObject([{ to: mailTo(buyer), subject: 'The seller named another price' }])
  expect(named[0]!.text).toContain('$25.00')
  await accept(buyer, id)
  expect(await hear('offer.accepted', id)).toMatchObject([
    { to: mailTo(seller), subject: `${buyer.username} accepted your price` },
  ])
})

test('that it was declined is told without a mail', async () => {
  const { seller, buyer, id } = await setUp()
  await hear('offer.made', id)
  await decline(seller, id)
  expect(await hear('offer.declined', id)).toEqual([])
  expect(await noticesOf(buyer)).toMatchObject([{ kind: 'offer', offer: { status: 'declined' } }])
})

test('who does not want mails of offers gets none', async () => {
  const { seller, id } = await setUp()
  await social(notificationRoutes.updateNotificationPreferences, seller, {
    body: { offer: { email: false } },
  })
  expect(await hear('offer.made', id)).toEqual([])
  expect(await noticesOf(seller)).toHaveLength(1)
})

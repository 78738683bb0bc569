import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, itemsOf } from '../../support/shop.ts'
import { seedPerson, seedTrack } from '../../support/social.ts'

const { updateProduct, deleteProduct, getCertificate } = marketplaceRoutes
const { sql } = useDatabase()
const shop = createShop(sql)

afterEach(() => expectSound(sql))

const change = {
  exchanged: async (seller: Awaited<ReturnType<typeof seedSeller>>, product_id: string) => {
    const body = { track_ids: [await seedTrack(sql, seller)] }
    return shop.api(updateProduct, seller, { params: { product_id }, body })
  },
  'taken back': (seller: Awaited<ReturnType<typeof seedSeller>>, product_id: string) =>
    shop.api(deleteProduct, seller, { params: { product_id } }),
}

it.each(['exchanged', 'taken back'] as const)(
  'what is paid for is what was in the pack when it was ordered, though it was %s since',
  async (how) => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const track_ids = [await seedTrack(sql, seller), await seedTrack(sql, seller)].toReversed()
    const pack = await seedProduct(sql, seller, { kind: 'sample_pack', status: 'draft' })
    const params = { product_id: pack.product_id }
    const published = await shop.api(updateProduct, seller, {
      params,
      body: { track_ids, status: 'published' },
    })
    expect(published.status).toBe(200)

    const order = await shop.orderPayable(buyer, itemsOf(pack))
    expect((await change[how](seller, pack.product_id)).status).toBeLessThan(300)
    await shop.pay(order.intent_id)

    const { body } = await shop.read(buyer, order.id)
    const { body: certificate } = await shop.api(getCertificate, buyer, {
      params: { license_id: body.items[0]!.license_id! },
    })
    const { document } = certificate as { document: { files: { track_id: string }[] } }
    expect(document.files.map(({ track_id }) => track_id)).toEqual(track_ids)
  },
)

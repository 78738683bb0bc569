import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { reinstateVersion, withdrawVersion } from '../../../lib/media/withdrawal/withdrawal.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
const shop = createShop(sql)
const origin = { requestId: 'req-withdrawal', ip: '192.0.2.1', userAgent: 'jest' }

afterEach(() => expectSound(sql))

it('what is withdrawn before it is paid for is delivered once it is back', async () => {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller)
  await sql`
    update product_tiers set license = license || '{"files": ["master"]}' where product_id = ${product.product_id}
  `
  const [version] = await sql<[{ id: string }]>`
    update track_versions set object_key = 'originals/' || id where track_id = ${product.track_id} returning id
  `
  const order = await shop.orderPayable(buyer, itemsOf(product))
  const finding = { version_id: version.id, signature: 'Eicar', definitions_version: '7' }
  await sql.begin((tx) => withdrawVersion(tx, product.track_id!, finding, origin, new Date()))

  await shop.pay(order.intent_id)

  const license_id = (await shop.read(buyer, order.id)).body.items[0]!.license_id!
  const download = () => shop.api(marketplaceRoutes.downloadLicense, buyer, { params: { license_id } })
  expect((await download()).problem.code).toBe('version_withdrawn')
  await sql`update track_versions set reinstate_asked_by = ${seller.id} where id = ${version.id}`
  await sql.begin((tx) => reinstateVersion(tx, product.track_id!, finding, origin, new Date()))
  expect((await download()).status).toBe(201)
})

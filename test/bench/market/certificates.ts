import { sign } from 'node:crypto'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { renderCertificate } from '../../../lib/licenses/certificate-pdf.ts'
import type { CertificateDocument } from '../../../lib/licenses/certificate-schemas.ts'
import { createIssuer } from '../../../lib/licenses/issuing.ts'
import { deriveSigningKey } from '../../../lib/licenses/keys.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'
import type { Progress } from '../progress.ts'
import { type Figure, median } from '../table.ts'
import { type Stage, timeEach } from './stage.ts'

const count = 100

/** The licence of a paid order with all its rows, and its page, beside an Ed25519 signature over as many bytes. */
export async function measureCertificates(stage: Stage, { step }: Progress): Promise<Figure[]> {
  const ring = parseKeyRing(JSON.stringify({ kid: 'bench', key: 'k'.repeat(64) }))
  const issueLicenses = await createIssuer({
    licenseKeys: async () => ring,
    apiUrl: 'https://api.veza.test',
  }).prepare()
  const orders = await payOrders(stage)
  const issued = await step('issue', count, (tell) =>
    timeEach([stage.sql], count, async (sql, at) => {
      await sql.begin((tx) => issueLicenses(tx, orders[at]!, new Date()))
      tell(1)
    }),
  )
  const certificates = await stage.sql<{ jws: string; document: CertificateDocument; issued_at: Date }[]>`
    select jws, document, issued_at from licenses l join order_items i on i.id = l.order_item_id
    where i.order_id = any(${orders}::uuid[])
  `
  const { private_key } = deriveSigningKey(ring, ring.kid)
  const signed = await timeEach([private_key], certificates.length, async (key, at) => {
    sign(null, Buffer.from(certificates[at]!.jws), key)
  })
  const drawn = await step('draw as PDF', count, (tell) =>
    timeEach([null], count, async (_, at) => {
      const { document, issued_at } = certificates[at]!
      await renderCertificate({ document, status: 'active', status_at: issued_at })
      tell(1)
    }),
  )
  const against = { against: median(signed.times), unit: 'ms', compare: 'ratio' } as const
  return [
    { name: 'a licence issued, in its transaction', ours: median(issued.times), ...against },
    { name: 'its certificate drawn as a PDF', ours: median(drawn.times), ...against },
  ]
}

async function payOrders({ sql, stripe }: Stage): Promise<string[]> {
  const seller = await seedSeller(sql)
  const shop = createShop(sql, { stripe })
  const ids: string[] = []
  for (let at = 0; at < count; at++) {
    const placed = await shop.orderPayable(await seedPerson(sql), itemsOf(await seedProduct(sql, seller)))
    // As the payment leaves it; what follows is what is measured.
    await sql`
      update orders set status = 'paid', number = -${at + 1}::int, paid_at = now() where id = ${placed.id}
    `
    ids.push(placed.id)
  }
  return ids
}

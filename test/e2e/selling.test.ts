import { expectStatus } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { newClient } from '../support/platform.ts'
import { sellAndPayOut } from '../support/selling.ts'
import { settingsOf } from '../support/server.ts'
import { addSession, type Someone, signerOf } from '../support/world.ts'

const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
const signer = await signerOf(process.env.VEZA_PLATFORM_FILE!)
afterAll(() => sql.end())

const mailTo = ({ username }: Someone, subject: RegExp) =>
  client.mailTo(`${username}@example.test`, subject).then(({ body }) => body.text as string)

test('what is sold, paid and paid out is told to both sides, and found by whoever runs the platform', async () => {
  const { seller, buyer, order } = await sellAndPayOut({ client, sql, signer })

  expect(await mailTo(buyer, new RegExp(`Your Veza receipt, order ${order.number}$`))).toContain(
    'Total: $20.00',
  )
  const sale = await mailTo(seller, new RegExp(`You made a sale, order ${order.number}$`))
  expect(sale).toContain(`Buyer: ${buyer.username}`)
  expect(sale).toContain('Your share: $18.00')
  expect(await mailTo(seller, /^A payout is on its way to you$/)).toContain('Amount: $18.00')
  expect(await mailTo(seller, /^You have been paid$/)).toContain('Amount: $18.00')

  const token = await signer.sign(await addSession(sql, seller))
  const told = expectStatus(200, await client.request('GET', '/api/v1/notifications', { token }))
  expect(told.data.map(({ kind }: { kind: string }) => kind)).toEqual(
    expect.arrayContaining(['sale', 'payout']),
  )

  const { token: admin } = await client.admin()
  const path = `/api/v1/admin/orders?number=${order.number}`
  const { data } = expectStatus(200, await client.request('GET', path, { token: admin }))
  expect(data).toMatchObject([{ id: order.id, status: 'completed', sellers: [{ id: seller.id }] }])
}, 120_000)

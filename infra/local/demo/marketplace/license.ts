import { createHash, createPublicKey, verify } from 'node:crypto'
import { type Client, expectStatus, type Json, type Person } from '../../client.ts'
import { detail, step } from '../steps.ts'
import { market, read } from './calls.ts'

export async function proveLicense(client: Client, mia: Person, { items }: Json): Promise<Json> {
  const license = await read(client, mia, `${market}/licenses/${items[0].license_id}`)
  const { jws } = await read(client, mia, `${market}/licenses/${license.id}/certificate`)
  const keys = expectStatus(200, await client.request('GET', '/.well-known/veza-license-keys.json'))
  const document = await step(
    'Verify the certificate with the published key, and nothing of ours',
    async () => verifyCertificate(jws, keys),
  )
  detail(
    `${document.serial}: ${document.licensor.username} licenses ${document.track.title} to ${document.licensee.username}`,
  )
  detail(`signed over the file with SHA-256 ${document.track.sha256}`)
  const forged = `${jws.slice(0, -4)}AAAA`
  await step('A certificate that was changed is refused', async () => {
    if (await isRefused(() => verifyCertificate(forged, keys))) return
    throw new Error('A forged certificate was taken for a good one')
  })
  const path = `${market}/licenses/${license.id}/certificate`
  const pdf = await fetch(client.platform.api_url + path, {
    headers: { authorization: `Bearer ${mia.token}`, accept: 'application/pdf' },
  })
  detail(`as PDF with a QR code: ${(await pdf.arrayBuffer()).byteLength} bytes`)
  return license
}

/** RFC 7515 and RFC 8037 in a few lines: a signature of Ed25519 over the first two parts. */
function verifyCertificate(jws: string, { keys }: Json): Json {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url').toString())
  const key = keys.find((each: Json) => each.kid === kid)
  if (alg !== 'EdDSA' || !key) throw new Error('It is signed by somebody else')
  const publicKey = createPublicKey({ key, format: 'jwk' })
  const isGood = verify(
    null,
    Buffer.from(`${header}.${payload}`),
    publicKey,
    Buffer.from(signature, 'base64url'),
  )
  if (!isGood) throw new Error('It was changed after it was signed')
  return JSON.parse(Buffer.from(payload, 'base64url').toString())
}

const isRefused = async (work: () => unknown) => {
  try {
    await work()
    return false
  } catch {
    return true
  }
}

export async function download(client: Client, { token }: Person, { id }: Json) {
  const path = `${market}/licenses/${id}/downloads`
  const grant = await step('Mia asks for the file', async () =>
    expectStatus(201, await client.request('POST', path, { token })),
  )
  const [file] = grant.files
  const bytes = await step(`Fetch ${file.name} in two ranges`, async () => {
    const half = Math.floor(file.size_bytes / 2)
    const parts = [`bytes=0-${half - 1}`, `bytes=${half}-`].map(async (range) =>
      Buffer.from(await (await fetch(grant.url, { headers: { range } })).arrayBuffer()),
    )
    return Buffer.concat(await Promise.all(parts))
  })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== file.sha256) throw new Error('It is not the file of the certificate')
  detail(`the file of the certificate, byte for byte; ${grant.remaining} downloads are left`)
}

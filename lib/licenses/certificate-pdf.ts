import { formatAmount } from '../money/currencies.ts'
import { createSheet } from '../pdf/sheet.ts'
import { describeTerms, terms } from '../products/terms.ts'
import type { CertificateDocument } from './certificate-schemas.ts'

export interface CertificatePage {
  readonly document: CertificateDocument
  readonly status: 'active' | 'frozen' | 'revoked'
  readonly status_at: Date
}

/** The certificate for people: what the document says, a code that leads to its status, and how it is verified. */
export async function renderCertificate({ document, status, status_at }: CertificatePage): Promise<Buffer> {
  const { serial, contract, verification_url } = document
  const { encode } = await import('uqr')
  const sheet = await createSheet({
    title: `Licence ${serial}`,
    foot: `Veza · Licence ${serial}`,
    created: new Date(document.issued_at),
  })

  sheet.code(encode(verification_url, { ecc: 'M', border: 0 }).data, qrSize, verification_url)
  const width = sheet.width - qrSize - 16
  sheet.text('Licence certificate', { font: 'bold', size: 20, width })
  sheet.text(serial, { font: 'bold', size: 13, width })
  sheet.text(`Issued on ${dateFormat.format(new Date(document.issued_at))}`, { width })
  if (status !== 'active') {
    const since = dateFormat.format(status_at)
    sheet.text(`This licence is ${status} since ${since}.`, { font: 'bold', color: '#b3261e', width })
  }
  sheet.below(qrSize + 16)
  for (const fact of factsOf(document)) sheet.fact(...fact)

  sheet.heading('Limits')
  for (const line of describeTerms(terms.parse(document.terms)).split('\n')) {
    const at = line.indexOf(': ')
    sheet.fact(line.slice(0, at), line.slice(at + 2))
  }
  if (document.files.length > 0) sheet.heading('Files')
  for (const { title, version_number, format, sha256, master_sha256 } of document.files) {
    sheet.fact(title, `${format}, version ${version_number}`)
    sheet.fact(sha256 === null ? 'SHA-256 of its master' : 'SHA-256', sha256 ?? master_sha256, hashSize)
  }
  sheet.heading('Contract')
  sheet.text(contract.text)
  sheet.space(4)
  sheet.faint(`SHA-256 of this text: ${contract.sha256}`)

  sheet.heading('How to verify it')
  sheet.text(
    'Scan the code above, or open the first address, to see whether the licence holds today. The certificate itself, a JSON document signed with Ed25519, can be verified without asking anybody, with a key of the second.',
  )
  sheet.faint(verification_url)
  sheet.faint(document.key_set_url)
  return sheet.finish()
}

function factsOf(document: CertificateDocument): [name: string, value: string, size?: number][] {
  const { licensor, licensee, product, tier, track, price, order } = document
  return [
    ['Licensor', nameOf(licensor, licensor.legal_name)],
    ['Licensee', nameOf(licensee, null)],
    ['Product', product.title],
    ['Licence', tier.is_exclusive ? `${tier.name}\nexclusive` : tier.name],
    ...(track ? trackFacts(track) : []),
    ['Price', `${formatAmount(price.amount, price.currency)} (${price.currency.toUpperCase()})`],
    ['Order', `${order.number}`],
  ]
}

type Track = NonNullable<CertificateDocument['track']>

const trackFacts = ({
  title,
  version_number,
  sha256,
}: Track): [name: string, value: string, size?: number][] => [
  ['Track', title],
  ...(version_number === null ? [] : [['Version', `${version_number}`] as [string, string]]),
  ...(sha256 === null ? [] : [['SHA-256 of the master', sha256, hashSize] as [string, string, number]]),
]

/** Each on a line of its own: names are written in either direction. */
const nameOf = ({ display_name, username }: CertificateDocument['licensee'], legal_name: string | null) =>
  [...(legal_name === null ? [] : [legal_name]), display_name, `@${username}`].join('\n')

const qrSize = 96
/** So small that a hash stands on one line. */
const hashSize = 8
const dateFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

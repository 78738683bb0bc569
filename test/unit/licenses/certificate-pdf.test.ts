import { renderCertificate } from '../../../lib/licenses/certificate-pdf.ts'
import type { CertificateDocument } from '../../../lib/licenses/certificate-schemas.ts'
import { sampleDocument } from '../../support/certificates.ts'
import { readPdf } from '../../support/pdf-text.ts'

const status_at = new Date('2026-12-05T12:00:00.000Z')

const render = (
  fields: Partial<CertificateDocument> = {},
  status: 'active' | 'frozen' | 'revoked' = 'active',
) => renderCertificate({ document: sampleDocument(fields), status, status_at })
const read = async (...given: Parameters<typeof render>) => readPdf(await render(...given))
const note = '□ stands for a character that this page cannot show'

test('it says who licenses what to whom, within which limits, and where that is verified', async () => {
  const document = sampleDocument()

  const { text } = await read()

  for (const said of [
    'VZ-0123-4567-89AB-CDEF',
    'Issued on 1 December 2026',
    'Ada Lovelace Ltd',
    '@ada',
    'Ben Söderström',
    '@ben',
    'Low Tide',
    'Basic',
    document.track!.sha256!,
    'Audio streams100,000',
    'Views of other videosunlimited',
    'Term5 years',
    'Territorythe whole world',
    'Files deliveredmaster recording, MP3',
    'Price$29.99 (USD)',
    'Order17',
    'The licensee may make one new work.',
    document.verification_url,
    document.key_set_url,
  ]) {
    expect(text).toContain(said)
  }
  expect(text).not.toContain('This licence is')
  expect(text).not.toContain(note)
})

test('the same document is the same bytes, whenever it is drawn', async () => {
  const first = await render()
  await new Promise((resolve) => setTimeout(resolve, 1_001 - (Date.now() % 1_000)))

  expect((await render()).equals(first)).toBe(true)
  expect((await render({ serial: 'VZ-0000-0000-0000-0000' })).equals(first)).toBe(false)
})

test.each(['frozen', 'revoked'] as const)('it says so when the licence is %s', async (status) => {
  expect((await read({}, status)).text).toContain(`This licence is ${status} since 5 December 2026.`)
})

test('the price stands in the digits of its currency', async () => {
  const yen = await read({ price: { amount: 1_500, currency: 'jpy', decimal: '1500' } })
  expect(yen.text).toContain('Price¥1,500 (JPY)')
})

test('what has no letters in the fonts is visibly missing, and a note says where it is', async () => {
  const { text } = await read({
    licensee: { ...sampleDocument().licensee, display_name: '山田 👩🏽‍🎤 Yamada' },
  })

  expect(text).toContain('□□ □ Yamada')
  expect(text).toContain(note)
})

test('text from right to left stands in its own order, with numbers in theirs', async () => {
  const { text } = await read({ product: { ...sampleDocument().product, title: 'שלום עולם 2026' } })

  expect(text).toContain('2026 םלוע םולש')
})

test('the longest names and contract stay within the page', async () => {
  const words = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '
  const contract = `${words.repeat(200)}\n\n${'W'.repeat(3_000)}\n\nThe end.`

  const { pages, text } = await read({
    product: { ...sampleDocument().product, title: 'W'.repeat(200) },
    contract: { sha256: '0', text: contract },
  })

  expect(pages.length).toBeGreaterThan(3)
  for (const [at, page] of pages.entries()) expect(page).toContain(`${at + 1} / ${pages.length}`)
  for (const line of text.split('\n')) expect(line.length).toBeLessThan(140)
  expect(text.match(/W/g)).toHaveLength(3_200)
  expect(text).toContain('The end.')
})

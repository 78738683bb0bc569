import { createObjectStore } from '../../../lib/aws/object-store.ts'

const environment = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000',
}
let before: NodeJS.ProcessEnv

beforeAll(() => {
  before = { ...process.env }
  Object.assign(process.env, environment)
})
afterAll(() => {
  process.env = before
})

const grant = { content_type: 'audio/mpeg', size_bytes: 1_234, sha256: undefined, expires_in_seconds: 900 }

test('a grant signs size, type and the refusal to overwrite', async () => {
  const { url, headers } = await createObjectStore('uploads').presignPut('uploads/a/b', grant)
  const { pathname, searchParams } = new URL(url)

  expect(pathname).toBe('/uploads/uploads/a/b')
  expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;if-none-match')
  expect(searchParams.get('X-Amz-Expires')).toBe('900')
  expect(headers).toEqual({ 'content-type': 'audio/mpeg', 'if-none-match': '*' })
  expect([...searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([])
})

test('a declared hash is a signed header, which S3 checks, and no query parameter, which it does not', async () => {
  const store = createObjectStore('uploads')
  const { url, headers } = await store.presignPut('uploads/a/b', {
    ...grant,
    sha256: '00'.repeat(31).concat('ff'),
  })
  const { searchParams } = new URL(url)

  expect(searchParams.get('X-Amz-SignedHeaders')).toBe(
    'content-length;content-type;host;if-none-match;x-amz-checksum-sha256',
  )
  expect(headers['x-amz-checksum-sha256']).toBe('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=')
  expect([...searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([])
})

test.each([
  { name: 'size', change: { size_bytes: 1_235 } },
  { name: 'type', change: { content_type: 'audio/wav' } },
  { name: 'hash', change: { sha256: 'ab'.repeat(32) } },
])('another $name is another signature', async ({ change }) => {
  const signatureOf = async (more: object) => {
    const { url } = await createObjectStore('uploads').presignPut('uploads/a/b', { ...grant, ...more })
    return new URL(url).searchParams.get('X-Amz-Signature')
  }
  expect(await signatureOf(change)).not.toBe(await signatureOf({}))
})

test('a link to read carries nothing but its own expiry', async () => {
  const { pathname, searchParams } = new URL(await createObjectStore('media').presignGet('originals/v/h', 60))
  expect(pathname).toBe('/media/originals/v/h')
  expect(searchParams.get('X-Amz-Expires')).toBe('60')
  expect(searchParams.get('X-Amz-SignedHeaders')).toBe('host')
})

test('a link to one version names it, under the signature', async () => {
  const sign = async (version_id: string | null) =>
    new URL(await createObjectStore('media').presignGet('originals/v/h', 60, { version_id })).searchParams

  expect((await sign('v1')).get('versionId')).toBe('v1')
  expect((await sign('v1')).get('X-Amz-Signature')).not.toBe((await sign('v2')).get('X-Amz-Signature'))
  expect((await sign(null)).has('versionId')).toBe(false)
})

test('a link to save a file names it, under the signature', async () => {
  const sign = async (filename?: string) =>
    new URL(await createObjectStore('exports').presignGet('exports/1.zip', 60, filename ? { filename } : {}))
      .searchParams
  const named = await sign('data.zip')

  expect(named.get('response-content-disposition')).toBe('attachment; filename="data.zip"')
  expect(named.get('X-Amz-Signature')).not.toBe((await sign('other.zip')).get('X-Amz-Signature'))
  expect((await sign()).has('response-content-disposition')).toBe(false)
})

describe('a grant of a part', () => {
  const part = { part_number: 3, size_bytes: 16_777_216, expires_in_seconds: 900 }
  const sign = async (grant: object = {}) => {
    const signed = await createObjectStore('uploads').presignPart('uploads/a/b', 'm-1', { ...part, ...grant })
    return { ...signed, query: new URL(signed.url).searchParams }
  }

  test('signs its number and size, and asks for no checksum of an empty body', async () => {
    const { url, headers, query } = await sign()

    expect(new URL(url).pathname).toBe('/uploads/uploads/a/b')
    expect(Object.fromEntries(query)).toMatchObject({
      partNumber: '3',
      uploadId: 'm-1',
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'content-length;host',
    })
    expect(headers).toEqual({})
    expect([...query.keys()].filter((name) => /checksum/i.test(name))).toEqual([])
  })

  test('signs its hash as a header, which S3 checks', async () => {
    const { headers, query } = await sign({ sha256: '00'.repeat(31).concat('ff') })

    expect(headers).toEqual({ 'x-amz-checksum-sha256': 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=' })
    expect(query.get('X-Amz-SignedHeaders')).toBe('content-length;host;x-amz-checksum-sha256')
    expect([...query.keys()].filter((name) => /checksum/i.test(name))).toEqual([])
  })

  test.each([
    { name: 'size', change: { size_bytes: 5 } },
    { name: 'number', change: { part_number: 4 } },
    { name: 'hash', change: { sha256: 'ab'.repeat(32) } },
  ])('another $name is another signature', async ({ change }) => {
    const signature = (await sign(change)).query.get('X-Amz-Signature')
    expect(signature).not.toBe((await sign()).query.get('X-Amz-Signature'))
  })
})

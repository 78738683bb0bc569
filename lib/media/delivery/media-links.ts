import type { Secrets } from '../../aws/secrets.ts'
import { attachment } from './file-names.ts'

/** Whoever knows the name of an object below these may have it, and no name can be guessed. */
export const openPrefixes = ['images/', 'waveforms/'] as const
/** What is below these is opened by a signature alone; but what pictures were made of is opened by nothing. */
export const signedPrefixes = ['originals/', 'licensed/', 'previews/'] as const
export const closedPrefixes = ['originals/images/'] as const

export interface MediaLinkDependencies {
  /** Where clients fetch media. */
  readonly mediaUrl: string
  readonly secrets: Pick<Secrets, 'read'>
  /** Of the secret `{ key_pair_id, private_key }`. */
  readonly keySecretId: string
}

export interface SignedLink {
  readonly expires_at: Date
  /** The browser saves the object under it rather than showing it. */
  readonly filename?: string
  /** In place of the one that the object has. */
  readonly content_type?: string
}

export type MediaLinks = ReturnType<typeof createMediaLinks>

/** The addresses of what the distribution delivers from the media bucket. */
export function createMediaLinks({ mediaUrl, secrets, keySecretId }: MediaLinkDependencies) {
  return {
    /** Of an object that anybody may fetch, for good. */
    open(key: string): string {
      if (!isBelow(key, openPrefixes)) throw new Error('This object is not open to anybody')
      return `${mediaUrl}/${key}`
    },

    /** Whoever holds the link may fetch this one object until then, in one piece or in many. */
    async sign(key: string, link: SignedLink): Promise<string> {
      if (!isBelow(key, signedPrefixes) || isBelow(key, closedPrefixes)) {
        throw new Error('This object is not delivered by signature')
      }
      const [{ getSignedUrl }, secret] = await Promise.all([
        import('@aws-sdk/cloudfront-signer'),
        secrets.read(keySecretId),
      ])
      const { key_pair_id, private_key } = parseKeyPair(secret)
      return getSignedUrl({
        url: `${mediaUrl}/${key}${overrides(link)}`,
        keyPairId: key_pair_id,
        privateKey: private_key,
        // The signer would round up what is over a second.
        dateLessThan: Math.floor(link.expires_at.getTime() / 1000) * 1000,
        algorithm: 'SHA256',
      })
    },
  }
}

const isBelow = (key: string, prefixes: readonly string[]) =>
  prefixes.some((prefix) => key.startsWith(prefix))

/** S3 answers with these headers; the signature covers them, so that nobody else can choose them. */
function overrides({ filename, content_type }: SignedLink): string {
  const parameters = [
    ...(filename === undefined ? [] : [['response-content-disposition', attachment(filename)] as const]),
    ...(content_type === undefined ? [] : [['response-content-type', content_type] as const]),
  ].map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`
}

interface KeyPair {
  /** By which the distribution knows the public key. */
  readonly key_pair_id: string
  /** PEM; RSA 2048 or ECDSA P-256. */
  readonly private_key: string
}

function parseKeyPair(secret: string): KeyPair {
  const { key_pair_id, private_key } = parseObject(secret)
  if (typeof key_pair_id !== 'string' || typeof private_key !== 'string') {
    throw new Error('The secret of the media links holds no key pair; docs/delivery.md says how it gets one')
  }
  return { key_pair_id, private_key }
}

/** The parser's own message quotes what it could not read. */
function parseObject(secret: string): Record<string, unknown> {
  try {
    return JSON.parse(secret)
  } catch {
    throw new Error('The secret of the media links is not JSON')
  }
}

import { generateKeyPairSync } from 'node:crypto'
import { createMediaLinks } from '../../lib/media/delivery/media-links.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const mediaPublicKey = publicKey

/** Links to media as the functions make them, by a key of the tests. */
export const testLinks = createMediaLinks({
  mediaUrl: 'https://media.test',
  secrets: {
    read: async () =>
      JSON.stringify({
        key_pair_id: 'KTEST',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      }),
  },
  keySecretId: 'media-key',
})

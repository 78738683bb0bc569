import type { LoadKeys } from '../auth/key-ring.ts'
import type { Db } from '../db/client.ts'
import { findFilesOf, pinFiles } from '../license-files/pinning.ts'
import { addAllToOutbox } from '../outbox.ts'
import { dayMs, later } from '../time.ts'
import { createDocument, type LicensableItem, signDocument } from './certificate.ts'
import { fillContract } from './contract-text.ts'
import { insertLicense, listLicensesOf, listUnlicensedItems, lockOrder } from './issue-repository.ts'
import { publishKey } from './key-set.ts'
import { deriveSigningKey, type SigningKey } from './keys.ts'
import { createSerial } from './serial.ts'

/** How long the files of a licence can be fetched. */
const downloadsMs = 365 * dayMs
/** Of 80 bits even two in a row that are taken would be a broken generator. */
const mostSerials = 5

export interface IssuerDependencies {
  readonly licenseKeys: LoadKeys
  /** Where the API is reached from outside. */
  readonly apiUrl: string
  readonly newSerial?: () => string
}

export type Issuer = ReturnType<typeof createIssuer>

/** Makes the licences of an order, one an item however often it is asked to. */
export function createIssuer({ licenseKeys, apiUrl, newSerial = createSerial }: IssuerDependencies) {
  const issue = async (tx: Db, item: LicensableItem, key: SigningKey, now: Date): Promise<string> => {
    const { track, track_ids, terms } = item
    const files = await findFilesOf(tx, { track_id: track?.id ?? null, track_ids, formats: terms.files })
    const downloads_until = later(now, downloadsMs)
    for (let tries = 0; tries < mostSerials; tries++) {
      const serial = newSerial()
      const contract = fillContract(item, serial, now)
      const document = createDocument({ item, files, serial, contract, apiUrl, now })
      const jws = await signDocument(document, key)
      const id = await insertLicense(tx, { item, document, jws, kid: key.kid, downloads_until, now })
      if (id === undefined) continue
      await pinFiles(tx, id, files, now)
      return id
    }
    throw new Error(`No serial was free for the item ${item.order_item_id}`)
  }

  return {
    /** Reads the key, for which a transaction must not wait. */
    async prepare() {
      const ring = await licenseKeys()
      const key = deriveSigningKey(ring, ring.kid)

      /** All licences of the order, those that were there before too. */
      return async (tx: Db, orderId: string, now: Date): Promise<readonly { license_id: string }[]> => {
        await lockOrder(tx, orderId)
        const items = await listUnlicensedItems(tx, orderId)
        if (items.length > 0) await publishKey(tx, key, now)
        const issued: { license_id: string }[] = []
        for (const item of items) issued.push({ license_id: await issue(tx, item, key, now) })
        await addAllToOutbox(tx, 'license.issued', issued)
        return listLicensesOf(tx, orderId)
      }
    },
  }
}

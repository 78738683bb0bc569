import { AppError, type FieldError } from '../../errors.ts'
import { invalid } from '../../products/refusals.ts'
import { describeEvent, publicEventTypes } from '../../public-events/catalogue.ts'
import { checkUrl, type UrlSettings } from '../url-rules.ts'

/** An endpoint keeps the shapes that payloads had when it was made. */
export const newestVersion = publicEventTypes
  .map((type) => describeEvent(type).version)
  .toSorted()
  .at(-1)!

const known: ReadonlySet<string> = new Set(publicEventTypes)

interface Target {
  readonly url?: string | undefined
  readonly event_types?: readonly string[] | undefined
}

/** Of what is sent along, what only the rules of URLs and the catalogue can tell to be wrong. */
export function mustBeSendable({ url, event_types = [] }: Target, settings: UrlSettings): void {
  const reason = url === undefined ? undefined : checkUrl(url, settings)
  const errors: FieldError[] = event_types.flatMap((type, at) =>
    known.has(type) ? [] : unknownType(`#/body/event_types/${at}`),
  )
  if (reason) errors.unshift({ pointer: '#/body/url', code: 'url_not_allowed', detail: `The URL ${reason}` })
  if (errors.length > 0) throw invalid(...errors)
}

export const unknownType = (pointer: string): FieldError => ({
  pointer,
  code: 'unknown_event_type',
  detail: 'There is no such type; GET /api/v1/webhooks/event-types lists them',
})

export const mustBeEnabled = ({ status }: { readonly status: 'enabled' | 'disabled' }): void => {
  if (status !== 'enabled') throw new AppError('endpoint_disabled')
}

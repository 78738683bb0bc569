import { Reply } from '../../lib/http/route.ts'
import type { SessionReply } from '../../lib/sessions/service.ts'
import { deviceCookie, deviceCookieSeconds } from './device.ts'

export const refreshCookie = '__Host-veza_refresh'

/** The answer to whoever signs in: the tokens are in the body, or in cookies that no script reads. */
export function replySession({
  signed_in,
  is_cookie,
  is_persistent,
  lasts_seconds,
  device_token,
}: EntryReply) {
  if (!is_cookie) return new Reply({ ...signed_in, ...(device_token && { device_token }) })
  const { refresh_token, ...body } = signed_in
  const cookie = {
    name: refreshCookie,
    value: refresh_token,
    ...(is_persistent && { maxAge: lasts_seconds }),
  } as const
  return new Reply(body, { cookies: device_token ? [cookie, deviceCookieOf(device_token)] : [cookie] })
}

type EntryReply = SessionReply & { readonly device_token?: string | undefined }

const deviceCookieOf = (value: string) =>
  ({ name: deviceCookie, value, maxAge: deviceCookieSeconds }) as const

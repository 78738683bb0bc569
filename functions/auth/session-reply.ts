import { Reply } from '../../lib/http/route.ts'
import type { SessionReply } from '../../lib/sessions/service.ts'

export const refreshCookie = '__Host-veza_refresh'

/** The answer to whoever signs in: the refresh token is in the body, or in a cookie that no script reads. */
export function replySession({ signed_in, is_cookie, is_persistent, lasts_seconds }: SessionReply) {
  if (!is_cookie) return new Reply(signed_in)
  const { refresh_token, ...body } = signed_in
  const cookie = {
    name: refreshCookie,
    value: refresh_token,
    ...(is_persistent && { maxAge: lasts_seconds }),
  } as const
  return new Reply(body, { cookies: [cookie] })
}

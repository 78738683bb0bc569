import type { Client, Json } from '../../client.ts'
import { setClockOffset } from '../../clock.ts'

/** The platform's clock and schedules; the clock of this process goes along, for signatures tell the time. */
export const createTime = ({ platform }: Client) => {
  const post = async (path: string, body?: object): Promise<Json> => {
    const response = await fetch(`${platform.api_url}/_local/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body ?? {}),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`)
    return answer
  }
  return {
    async advance(ms: number): Promise<void> {
      const { offset_ms } = await post('clock', { advance_ms: Math.max(0, Math.ceil(ms)) })
      setClockOffset(offset_ms)
    },
    run: (schedule: string) => post(`schedules/${schedule}/run`),
  }
}

export type Time = ReturnType<typeof createTime>

import * as z from 'zod/mini'
import type { JobQueue } from '../../aws/job-queue.ts'

/** What travels on the analysis queue. */
const analysisMessage = z.object({ version_id: z.uuid() })
type AnalysisMessage = z.output<typeof analysisMessage>

export const readAnalysisMessage = (body: unknown): AnalysisMessage => analysisMessage.parse(body)

/** Puts a version into the queue of those that are to be listened to. */
export function createAnalysisSender(queue: Pick<JobQueue, 'send'>) {
  return async ({ version_id }: AnalysisMessage): Promise<void> => {
    const accepted = await queue.send([{ id: version_id, body: JSON.stringify({ version_id }) }])
    if (accepted.length === 0) throw new Error('The analysis queue refused a message')
  }
}

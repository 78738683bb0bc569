import { logger } from '../../lib/logger.ts'
import { captureOutput } from './output.ts'

/** What is logged while `work` runs, in a test that is silent otherwise. */
export function captureLog(work: () => Promise<unknown>) {
  logger.setLogLevel('DEBUG')
  return captureOutput(work).finally(() => logger.setLogLevel('SILENT'))
}

import { AllocationError } from '../../../apps/mimiq/allocation-error.js';

/** The error with which an allocation is refused. */
export async function refusalOf(work: Promise<unknown>): Promise<AllocationError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AllocationError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** Lets what concerns one pseudonym happen one after the other. */
export class NameLocks {
  private readonly busy = new Map<string, Promise<unknown>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    while (this.busy.has(name)) await this.busy.get(name)!.catch(() => undefined);
    const running = work();
    this.busy.set(name, running);
    try {
      return await running;
    } finally {
      this.busy.delete(name);
    }
  }

  /** Does nothing while something else concerns the name. */
  async runUnlessBusy(name: string, work: () => Promise<void>): Promise<void> {
    if (!this.busy.has(name)) await this.run(name, work);
  }
}

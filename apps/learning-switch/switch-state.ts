import { StationTable } from './station-table.js';

/** What the app knows of one connected switch. */
export class SwitchState {
  readonly stations: StationTable;
  /** Edge and tree ports. */
  readonly forwarding = new Set<number>();

  constructor(maxStations: number) {
    this.stations = new StationTable(maxStations);
  }
}

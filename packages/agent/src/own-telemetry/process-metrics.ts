import type { Meter } from "@opentelemetry/api";

const MICROSECONDS_PER_SECOND = 1e6;

/** Metrics of this process by OpenTelemetry's conventions for processes (C-132). */
export function createProcessMetrics(meter: Meter): void {
  meter
    .createObservableGauge("process.uptime", {
      description: "The time the process has been running.",
      unit: "s",
    })
    .addCallback((result) => result.observe(process.uptime()));
  meter
    .createObservableUpDownCounter("process.memory.usage", {
      description: "The amount of physical memory in use.",
      unit: "By",
    })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  createCpuTime(meter);
  createPagingFaults(meter);
  createContextSwitches(meter);
}

function createCpuTime(meter: Meter): void {
  meter
    .createObservableCounter("process.cpu.time", {
      description: "Total CPU seconds broken down by different CPU modes.",
      unit: "s",
    })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / MICROSECONDS_PER_SECOND, { "cpu.mode": "user" });
      result.observe(system / MICROSECONDS_PER_SECOND, { "cpu.mode": "system" });
    });
}

function createPagingFaults(meter: Meter): void {
  meter
    .createObservableCounter("process.paging.faults", {
      description: "Number of page faults the process has made.",
      unit: "{fault}",
    })
    .addCallback((result) => {
      const { minorPageFault, majorPageFault } = process.resourceUsage();
      result.observe(minorPageFault, { "system.paging.fault.type": "minor" });
      result.observe(majorPageFault, { "system.paging.fault.type": "major" });
    });
}

function createContextSwitches(meter: Meter): void {
  meter
    .createObservableCounter("process.context_switches", {
      description: "Number of times the process has been context switched.",
      unit: "{context_switch}",
    })
    .addCallback((result) => {
      const { voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage();
      result.observe(voluntaryContextSwitches, { "process.context_switch.type": "voluntary" });
      result.observe(involuntaryContextSwitches, { "process.context_switch.type": "involuntary" });
    });
}

export { type ReportOptions, type ReportResult, writeReport } from "./write-report.js";

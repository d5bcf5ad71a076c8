/* A stand-in for librocm_smi64.so with one GPU. Signatures and numbers are those of rocm_smi.h. */
#include <stdint.h>
#include <stdio.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 2, PERMISSION = 4 };

uint32_t rsmi_init(uint64_t flags) { return SUCCESS; }
uint32_t rsmi_num_monitor_devices(uint32_t *count) { *count = 1; return SUCCESS; }
uint32_t rsmi_version_str_get(int component, char *text, uint32_t length) { snprintf(text, length, "6.7.0"); return SUCCESS; }
uint32_t rsmi_dev_name_get(uint32_t gpu, char *text, size_t length) { snprintf(text, length, "AMD Instinct MI300X"); return SUCCESS; }
uint32_t rsmi_dev_pci_id_get(uint32_t gpu, uint64_t *id) { *id = 0x1ULL << 32 | 0xc1 << 8; return SUCCESS; }
uint32_t rsmi_dev_memory_total_get(uint32_t gpu, int kind, uint64_t *bytes) { *bytes = kind == 0 ? 206158430208ULL : 0; return SUCCESS; }
uint32_t rsmi_dev_memory_usage_get(uint32_t gpu, int kind, uint64_t *bytes) { return PERMISSION; }
uint32_t rsmi_dev_temp_metric_get(uint32_t gpu, uint32_t sensor, int metric, int64_t *millidegrees) {
    *millidegrees = 38000;
    return sensor == 0 ? SUCCESS : NOT_SUPPORTED;
}
uint32_t rsmi_dev_power_ave_get(uint32_t gpu, uint32_t sensor, uint64_t *microwatts) { return NOT_SUPPORTED; }
uint32_t rsmi_dev_busy_percent_get(uint32_t gpu, uint32_t *percent) { *percent = 99; return SUCCESS; }
struct errors { uint64_t corrected, uncorrected; };
uint32_t rsmi_dev_ecc_count_get(uint32_t gpu, uint64_t block, struct errors *errors) {
    errors->corrected = block == 1 ? 7 : 0;
    errors->uncorrected = 0;
    return SUCCESS;
}

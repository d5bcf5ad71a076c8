/* A stand-in for libnvidia-ml.so.1 with two GPUs, of which the second has fallen off the bus. Signatures and numbers are those
   of nvml.h; whatever is not here is a function that an old driver lacks. */
#include <stdio.h>
#include <string.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, GPU_IS_LOST = 15 };
static int gpus[2];

int nvmlInit_v2(void) { return SUCCESS; }
int nvmlShutdown(void) { return SUCCESS; }
int nvmlSystemGetDriverVersion(char *text, unsigned length) { snprintf(text, length, "550.54.15"); return SUCCESS; }
int nvmlSystemGetNVMLVersion(char *text, unsigned length) { snprintf(text, length, "12.550.54.15"); return SUCCESS; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12040; return SUCCESS; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **gpu) { *gpu = &gpus[index]; return SUCCESS; }

static int lost(void *gpu) { return gpu == &gpus[1] ? GPU_IS_LOST : SUCCESS; }

int nvmlDeviceGetName(void *gpu, char *text, unsigned length) {
    snprintf(text, length, "NVIDIA H100 80GB HBM3");
    return lost(gpu);
}
int nvmlDeviceGetUUID(void *gpu, char *text, unsigned length) {
    snprintf(text, length, "GPU-00000000-0000-0000-0000-00000000000%d", gpu == &gpus[1]);
    return lost(gpu);
}
struct pci { char old[16]; unsigned domain, bus, device, id, subsystem; char address[32]; };
int nvmlDeviceGetPciInfo_v3(void *gpu, struct pci *pci) {
    memset(pci, 0, sizeof *pci);
    snprintf(pci->address, sizeof pci->address, gpu == &gpus[1] ? "00000000:5E:00.0" : "00000000:3B:00.0");
    return SUCCESS;
}
struct memory { unsigned version; unsigned long long total, reserved, free, used; };
int nvmlDeviceGetMemoryInfo_v2(void *gpu, struct memory *memory) {
    memory->total = 85899345920ULL;
    memory->reserved = 1048576;
    memory->used = 1073741824;
    memory->free = memory->total - memory->used - memory->reserved;
    return lost(gpu);
}
int nvmlDeviceGetTemperature(void *gpu, int sensor, unsigned *degrees) { *degrees = 41; return lost(gpu); }
int nvmlDeviceGetPowerUsage(void *gpu, unsigned *milliwatts) { *milliwatts = 72500; return lost(gpu); }
struct rates { unsigned gpu, memory; };
int nvmlDeviceGetUtilizationRates(void *gpu, struct rates *rates) { rates->gpu = 25; rates->memory = 5; return lost(gpu); }
int nvmlDeviceGetPersistenceMode(void *gpu, int *state) { *state = 1; return lost(gpu); }
int nvmlDeviceGetEccMode(void *gpu, int *now, int *later) { *now = 1; *later = 0; return lost(gpu); }
int nvmlDeviceGetMigMode(void *gpu, unsigned *now, unsigned *later) { return NOT_SUPPORTED; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *gpu, unsigned long long *bits) { *bits = 0x48; return lost(gpu); }
int nvmlDeviceGetMinorNumber(void *gpu, unsigned *minor) { *minor = gpu == &gpus[1]; return SUCCESS; }
int nvmlDeviceGetCudaComputeCapability(void *gpu, int *major, int *minor) { *major = 9; *minor = 0; return lost(gpu); }
int nvmlDeviceGetComputeRunningProcesses_v3(void *gpu, unsigned *count, void *into) { *count = 0; return lost(gpu); }
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *gpu, unsigned *count, void *into) { *count = 0; return NOT_SUPPORTED; }

struct field { unsigned id, scope; long long time, latency; int type; int status; union { double d; unsigned u; unsigned long long l; } value; };
int nvmlDeviceGetFieldValues(void *gpu, int count, struct field *fields) {
    for (int i = 0; i < count; i++) {
        fields[i].type = 1;
        fields[i].status = SUCCESS;
        switch (fields[i].id) {
        case 91: fields[i].value.u = 3; break;                    /* links of NVLink */
        case 142: fields[i].value.u = 2; break;                   /* corrected rows */
        case 143: fields[i].value.u = 1; break;                   /* uncorrected rows */
        case 144: fields[i].value.u = 1; break;                   /* pending */
        case 145: fields[i].value.u = 0; break;                   /* failed */
        default: fields[i].status = NOT_SUPPORTED;
        }
    }
    return lost(gpu);
}
int nvmlDeviceGetNvLinkState(void *gpu, unsigned link, int *active) { *active = link != 1; return lost(gpu); }
int nvmlDeviceGetNvLinkErrorCounter(void *gpu, unsigned link, int counter, unsigned long long *errors) {
    *errors = link == 2 ? 10 : 0;
    return lost(gpu);
}
struct fabric { unsigned char cluster[16]; int status; unsigned clique; unsigned char state; };
int nvmlDeviceGetGpuFabricInfo(void *gpu, struct fabric *fabric) { fabric->state = 3; fabric->status = SUCCESS; return lost(gpu); }

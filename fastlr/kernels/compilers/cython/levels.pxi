# Whether the processor has the instructions of the third level of x86-64: generate.py puts this text into each module.
cdef extern from *:
    """
    #ifdef _MSC_VER
    /* Before Visual Studio 2022, /fp:precise with /arch:AVX2 fuses multiplications and additions. */
    #pragma fp_contract(off)
    #endif
    #if defined(_MSC_VER) && defined(_M_X64)
    #include <intrin.h>
    #include <immintrin.h>
    /* AVX2, FMA and BMI2, and whether the operating system saves the wide registers. */
    static int fastlr_has_v3(void) {
        int one[4], seven[4];
        __cpuid(one, 0);
        if (one[0] < 7) return 0;
        __cpuid(one, 1);
        __cpuidex(seven, 7, 0);
        return (one[2] >> 12 & 1) && (one[2] >> 27 & 1) && (_xgetbv(0) & 6) == 6 && (seven[1] >> 5 & 1)
            && (seven[1] >> 8 & 1);
    }
    #elif (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
    #define fastlr_has_v3() \\
        (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    #else
    #define fastlr_has_v3() 0
    #endif
    """
    bint fastlr_has_v3()


def has_v3():
    """Return whether the processor has the instructions that the modules named ``*_v3`` are made of."""
    return bool(fastlr_has_v3())

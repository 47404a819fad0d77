# Cross compilation with Debian's compilers, for `./dev cross`. WIREBRAID_TRIPLET names the machine as GCC does, and
# WIREBRAID_SYSROOT is where Debian's libraries for it were unpacked.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES WIREBRAID_TRIPLET WIREBRAID_SYSROOT)
set(CMAKE_SYSTEM_NAME Linux)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR ${WIREBRAID_TRIPLET})
set(CMAKE_C_COMPILER ${WIREBRAID_TRIPLET}-gcc)
set(CMAKE_CXX_COMPILER ${WIREBRAID_TRIPLET}-g++)
set(CMAKE_STRIP ${WIREBRAID_TRIPLET}-strip)
# The compiler has a C library of its own, of the same Debian; what is unpacked comes after it.
set(CMAKE_CXX_FLAGS_INIT
    "-idirafter ${WIREBRAID_SYSROOT}/usr/include -ffunction-sections -fdata-sections")
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "-Wl,--gc-sections -L${WIREBRAID_SYSROOT}/usr/lib/${WIREBRAID_TRIPLET} -Wl,-rpath-link,${WIREBRAID_SYSROOT}/usr/lib/${WIREBRAID_TRIPLET}:${WIREBRAID_SYSROOT}/lib/${WIREBRAID_TRIPLET}")
set(CMAKE_FIND_ROOT_PATH ${WIREBRAID_SYSROOT})
set(CMAKE_LIBRARY_ARCHITECTURE ${WIREBRAID_TRIPLET})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${WIREBRAID_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
    ${WIREBRAID_SYSROOT}/usr/lib/${WIREBRAID_TRIPLET}/pkgconfig:${WIREBRAID_SYSROOT}/usr/share/pkgconfig)
# What is built here runs under the emulator of that machine; the list of tests is asked from the program.
set(CMAKE_CROSSCOMPILING_EMULATOR
    qemu-${CMAKE_SYSTEM_PROCESSOR}-static -L /usr/${WIREBRAID_TRIPLET} -E
    LD_LIBRARY_PATH=${WIREBRAID_SYSROOT}/usr/lib/${WIREBRAID_TRIPLET}:${WIREBRAID_SYSROOT}/lib/${WIREBRAID_TRIPLET})
